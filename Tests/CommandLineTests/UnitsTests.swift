import CommandLine
import Testing

@Suite struct UnitsTests {
    static let decimalSizesCases: [(Double, String)] = [
        (0.0, "0B"), (999, "999B"), (1000, "1kB"), (938_123_456, "938.1MB"), (1_021_000_000, "1.021GB"), (1e15, "1PB"),
    ]
    static let parsesSizesCases: [(String, Int64?)] = [
        ("64m", 67_108_864), ("1.5g", 1_610_612_736), ("100", 100), ("2KiB", 2048), ("1 kb", 1024), ("0", 0),
        ("10b", 10),
        ("", nil), ("abc", nil), ("-1", nil), ("1x", nil), ("m", nil), ("1mm", nil),
    ]
    static let humanDurationsCases: [(Double, String)] = [
        (0.2, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"),
        (119, "About a minute"),
        (150, "2 minutes"), (3600, "About an hour"), (5400, "2 hours"), (3600 * 47, "47 hours"),
        (3600 * 24 * 3, "3 days"),
        (3600 * 24 * 14, "2 weeks"), (3600 * 24 * 61, "2 months"), (3600 * 24 * 800, "2 years"),
    ]
    static let durationsCases: [(String, Int64, String)] = [
        ("1h30m", 5_400_000_000_000, "1h30m0s"), ("1.5s", 1_500_000_000, "1.5s"), ("300ms", 300_000_000, "300ms"),
        ("2us", 2_000, "2µs"), ("-5s", -5_000_000_000, "-5s"), ("0", 0, "0s"), ("7ns", 7, "7ns"),
    ]
    static let timestampsCases: [(String, Int64, Int64)] = [
        ("2026-11-22T20:04:56Z", 1_795_377_896, 0), ("2026-11-22T20:04:56.123456789Z", 1_795_377_896, 123_456_789),
        ("2026-11-22T20:04:56.5+09:00", 1_795_345_496, 500_000_000), ("1970-01-01T00:00:00Z", 0, 0),
        ("2000-02-29T12:00:00-01:30", 951_831_000, 0),
    ]
    static let quotingCases: [(String, String)] = [
        ("a\"b\\c", #""a\"b\\c""#), ("tab\tnl\n", #""tab\tnl\n""#), ("\u{1}", #""\x01""#), ("箱", "\"箱\""),
        ("\u{200B}", #""\u200b""#),
    ]

    @Test("sizes have four significant digits and powers of 1000", arguments: decimalSizesCases)
    func decimalSizes(_ bytes: Double, _ text: String) { #expect(Units.decimalSize(bytes) == text) }

    @Test("images show three significant digits")
    func threeDigits() {
        #expect(Units.decimalSize(938_123_456, precision: 3) == "938MB")
        #expect(Units.decimalSize(1_025_000_000, precision: 3) == "1.02GB")
    }

    @Test("memory is shown in powers of 1024")
    func binarySizes() {
        #expect(Units.binarySize(8_003_584) == "7.633MiB")
        #expect(Units.binarySize(25_275_965_440) == "23.54GiB")
    }

    @Test("sizes are read with and without unit", arguments: parsesSizesCases)
    func parsesSizes(_ text: String, _ bytes: Int64?) { #expect(Units.parseBinarySize(text) == bytes) }

    @Test("spans are told as people say them", arguments: humanDurationsCases)
    func humanDurations(_ seconds: Double, _ text: String) { #expect(Units.humanDuration(seconds) == text) }

    @Test("Go's durations are read and written", arguments: durationsCases)
    func durations(_ text: String, _ nanoseconds: Int64, _ written: String) {
        #expect(GoDuration.parse(text) == nanoseconds)
        #expect(GoDuration.format(nanoseconds) == written)
    }

    @Test("texts that are no durations are refused", arguments: ["", "5", "s", "1x", "1h-2m", "abc"])
    func noDurations(_ text: String) { #expect(GoDuration.parse(text) == nil) }

    @Test("timestamps are read to the nanosecond, with zone", arguments: timestampsCases)
    func timestamps(_ text: String, _ seconds: Int64, _ nanoseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test(
        "texts that are no timestamps are refused",
        arguments: ["", "2026-11-22", "2026-13-22T20:04:56Z", "2026-11-22T20:04:56", "x026-11-22T20:04:56Z"])
    func noTimestamps(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test("Go's zero time is known as such")
    func zeroTime() throws {
        #expect(try #require(Timestamp(rfc3339: "0001-01-01T00:00:00Z")).isZero)
        #expect(try #require(Timestamp(rfc3339: "2025-05-30T12:07:14Z")).ansiC == "Fri May 30 12:07:14 2025")
    }

    @Test("quoting follows Go", arguments: quotingCases)
    func quoting(_ text: String, _ quoted: String) { #expect(GoText.quote(text) == quoted) }

    @Test("long texts end in an ellipsis")
    func ellipsis() {
        #expect(GoText.ellipsis("/docker-entrypoint.sh nginx", 20) == "/docker-entrypoint.…")
        #expect(GoText.ellipsis("short", 20) == "short")
    }
}
