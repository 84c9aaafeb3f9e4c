//! Until when a certificate is valid, read from its DER form (RFC 5280, section 4.1).

use jiff::civil;
use listsync_core::Timestamp;

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// `notAfter`; none where the certificate is not what RFC 5280 describes.
pub(crate) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = expect(der, SEQUENCE)?;
    let (tbs, _) = expect(certificate, SEQUENCE)?;
    // version (optional), serialNumber, signature, issuer; then validity.
    let rest = match tbs.first()? {
        &VERSION => take(tbs)?.2,
        _ => tbs,
    };
    let rest = take(take(take(rest)?.2)?.2)?.2;
    let (validity, _) = expect(rest, SEQUENCE)?;
    let (_, _, rest) = take(validity)?;
    let (tag, time, _) = take(rest)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

/// The tag and contents of the first value, and what comes after it.
fn take(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

fn expect(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, contents, rest) = take(bytes)?;
    (tag == wanted).then_some((contents, rest))
}

/// `YYMMDDHHMMSSZ` means 1950 to 2049 (section 4.1.2.5.1), `YYYYMMDDHHMMSSZ` what it says.
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let year: i16 = digits[..2].parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, &digits[2..])
        }
        (GENERALIZED_TIME, 14) => (digits[..4].parse().ok()?, &digits[4..]),
        _ => return None,
    };
    let part = |at: usize| rest[at..at + 2].parse::<i8>().ok();
    let time = civil::DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0).ok()?;
    time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_forms_of_time() {
        for (year, text) in [(2031, "2031-05-06T00:00:00Z"), (2061, "2061-05-06T00:00:00Z")] {
            let mut params =
                rcgen::CertificateParams::new(vec!["listsync.example".to_owned()]).expect("a name");
            params.not_after = rcgen::date_time_ymd(year, 5, 6);
            let key = rcgen::KeyPair::generate().expect("a key");
            let certificate = params.self_signed(&key).expect("a certificate");
            assert_eq!(not_after(certificate.der()), text.parse().ok(), "{year}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = not_after(&bytes);
        }
    }
}
