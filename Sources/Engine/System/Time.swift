import CommandLine

/// RFC 3339 with nanoseconds in UTC, as Go prints a `time.Time`: trailing zeros of the fraction are left out.
/// Nil is Go's zero time.
package func rfc3339(_ nanoseconds: Int64?) -> String {
    nanoseconds.map { Timestamp(unixNanoseconds: $0).rfc3339 } ?? "0001-01-01T00:00:00Z"
}

/// Nanoseconds since the epoch of an RFC 3339 time with `Z` or an offset; nil when it isn't one, or one out of reach:
/// 64 bits of nanoseconds reach from 1678 to 2261.
package func nanoseconds(rfc3339 text: String) -> Int64? {
    guard let time = Timestamp(rfc3339: text) else { return nil }
    let (whole, overflows) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, passes) = whole.addingReportingOverflow(time.nanoseconds)
    return overflows || passes ? nil : sum
}
