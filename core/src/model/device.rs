//! The device that a login came from.

use super::Timestamp;
use super::fields::{MaybeText, object};

object! {
    /// The device that a login came from, where the project keeps a device history
    /// (`member_device`).
    ///
    /// Source: object `DeviceInfo` of the API.
    pub struct DeviceInfo {
        lenient {
            /// The fingerprint of the device. Backend only.
            visitor_id: MaybeText => Option<&str>,
            /// Whether the fingerprint is new. Backend only.
            visitor_id_details: Option<DeviceInfoDetails> => Option<&DeviceInfoDetails>,
            /// The IP address.
            ip_address: MaybeText => Option<&str>,
            /// Whether the address is new.
            ip_address_details: Option<DeviceInfoDetails> => Option<&DeviceInfoDetails>,
            /// The city, by the address.
            ip_geo_city: MaybeText => Option<&str>,
            /// The region, by the address.
            ip_geo_region: MaybeText => Option<&str>,
            /// The country, by the address.
            ip_geo_country: MaybeText => Option<&str>,
            /// Whether the country is new.
            ip_geo_country_details: Option<DeviceInfoDetails> => Option<&DeviceInfoDetails>,
        }
    }
}

object! {
    /// Whether a property of a device was seen before.
    pub struct DeviceInfoDetails {
        lenient {
            /// Whether it is new.
            is_new: bool => bool,
            /// When it was first seen.
            first_seen_at: Option<Timestamp> => Option<Timestamp>,
            /// When it was last seen.
            last_seen_at: Option<Timestamp> => Option<Timestamp>,
        }
    }
}
