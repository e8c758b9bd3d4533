//! Moments in time as run files write them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment in UTC, to the second, written as `2025-11-22T05:16:00Z`, which sorts as time goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcTime(String);

impl UtcTime {
    /// The present moment.
    pub fn now() -> Self {
        Self::of(SystemTime::now())
    }

    /// The moment `time`; moments before 1970 become 1970.
    ///
    /// ```
    /// use consilience_record::UtcTime;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// assert_eq!(UtcTime::of(UNIX_EPOCH + Duration::from_secs(951_782_400)).to_string(), "2000-02-29T00:00:00Z");
    /// ```
    pub fn of(time: SystemTime) -> Self {
        let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (mut days, second) = (seconds / 86_400, seconds % 86_400);
        let mut year = 1970;
        while days >= days_of_year(year) {
            days -= days_of_year(year);
            year += 1;
        }
        let mut month = 0;
        while days >= days_of_month(year, month) {
            days -= days_of_month(year, month);
            month += 1;
        }
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        Self(format!("{year:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, days + 1))
    }

    /// The moment again; none when it is not written as above.
    ///
    /// ```
    /// use consilience_record::UtcTime;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let time = UNIX_EPOCH + Duration::from_secs(951_782_400);
    /// assert_eq!(UtcTime::of(time).time(), Some(time));
    /// ```
    pub fn time(&self) -> Option<SystemTime> {
        let (date, time) = self.0.strip_suffix('Z')?.split_once('T')?;
        let numbers = |text: &str, mark: char| -> Option<[u64; 3]> {
            let parts: Vec<u64> = text.split(mark).map(|part| part.parse().ok()).collect::<Option<_>>()?;
            parts.try_into().ok()
        };
        let [year, month, day] = numbers(date, '-')?;
        let [hour, minute, second] = numbers(time, ':')?;
        // A year has four digits, so the loop is short.
        let valid = (1970..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1;
        let within = valid && hour < 24 && minute < 60 && second < 60;
        let month = usize::try_from(month).ok().filter(|_| within)?.checked_sub(1)?;
        if day > days_of_month(year, month) {
            return None;
        }
        let years: u64 = (1970..year).map(days_of_year).sum();
        let months: u64 = (0..month).map(|month| days_of_month(year, month)).sum();
        let days = years + months + day - 1;
        UNIX_EPOCH.checked_add(Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))
    }

    /// The same without the characters that file names do not like: `20251122T051600Z`.
    pub fn compact(&self) -> String {
        self.0.replace(['-', ':'], "")
    }
}

impl fmt::Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_leap(year: u64) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn days_of_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: usize) -> u64 {
    const DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    // Within a year the loop above stops in December at the latest.
    DAYS.get(month).copied().unwrap_or(31) + u64::from(month == 1 && is_leap(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_256_000, "1972-03-01T00:00:00Z"),
            (1_000_000_000, "2001-09-09T01:46:40Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let moment = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(UtcTime::of(moment).to_string(), expected);
            assert_eq!(UtcTime::of(moment).time(), Some(moment));
        }
        for foreign in [
            "",
            "yesterday",
            "2025-02-29T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-01T24:00:00Z",
            "99999999999-01-01T00:00:00Z",
        ] {
            assert_eq!(UtcTime(foreign.to_owned()).time(), None, "{foreign}");
        }
        assert_eq!(UtcTime::of(UNIX_EPOCH - Duration::from_secs(1)).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(UtcTime::of(UNIX_EPOCH).compact(), "19700101T000000Z");
    }
}
