import JSON
import Testing

@testable import KubeModel

@Suite struct TimeTests {
    @Test(
        "a time is read in any zone and written in UTC",
        arguments: [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"), ("2026-04-01T08:30:00Z", "2026-04-01T08:30:00Z"),
            ("2024-02-29T23:59:59+01:00", "2024-02-29T22:59:59Z"),
            ("2000-01-01T00:00:00-00:30", "2000-01-01T00:30:00Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59Z"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"), ("2026-01-01T5:00:00Z", "2026-01-01T05:00:00Z"),
        ])
    func times(_ text: String, _ utc: String) throws {
        #expect(try Timestamp(parsing: text).text == utc)
    }

    @Test("every day of four centuries comes back from its number")
    func calendar() {
        for day in stride(from: -200_000, to: 200_000, by: 7) {
            let (year, month, date) = Timestamp.civil(day: day)
            #expect(Timestamp.day(year: year, month: month, day: date) == day)
        }
    }

    private static let layout = "2006-01-02T15:04:05Z07:00"
    @Test(
        "what is no time is refused with Go's sentence",
        arguments: [
            ("", "parsing time \"\" as \"\(layout)\": cannot parse \"\" as \"2006\""),
            ("yesterday", "parsing time \"yesterday\" as \"\(layout)\": cannot parse \"yesterday\" as \"2006\""),
            ("2026-13-01T00:00:00Z", "parsing time \"2026-13-01T00:00:00Z\": month out of range"),
            ("2026-02-29T00:00:00Z", "parsing time \"2026-02-29T00:00:00Z\": day out of range"),
            ("2026-02-28", "parsing time \"2026-02-28\" as \"\(layout)\": cannot parse \"\" as \"T\""),
            ("2026-02-28T25:00:00Z", "parsing time \"2026-02-28T25:00:00Z\": hour out of range"),
            (
                "2026-02-28T10:00:00",
                "parsing time \"2026-02-28T10:00:00\" as \"\(layout)\": cannot parse \"\" as \"Z07:00\""
            ),
            ("2026-02-28T10:00:00Z!", "parsing time \"2026-02-28T10:00:00Z!\": extra text: \"!\""),
        ])
    func refused(_ text: String, _ message: String) {
        #expect(throws: TimestampError(description: message)) { try Timestamp(parsing: text) }
    }

    @Test("a micro time needs six digits")
    func microTime() throws {
        let text = "2026-04-01T08:30:00.123456Z"
        #expect(try Timestamp(parsingMicro: text).microText == text)
        let error = #expect(throws: TimestampError.self) { try Timestamp(parsingMicro: "2026-04-01T08:30:00Z") }
        #expect(error?.description.hasSuffix("cannot parse \"Z\" as \".000000\"") == true)
    }

    @Test(
        "an age has two units at most",
        arguments: [
            (-3.0, "<invalid>"), (-1.5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (200, "3m20s"), (600, "10m"),
            (10_799, "179m"), (10_800, "3h"), (12_660, "3h31m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
            (273_600, "3d4h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"), (70_000_000, "2y80d"),
            (252_288_000, "8y"),
        ] as [(Double, String)])
    func ages(_ seconds: Double, _ text: String) {
        #expect(AgeText.of(seconds: seconds) == text)
    }

    @Test("the age of an object without a time is unknown")
    func unknownAge() {
        #expect(AgeText.since(.null, now: 0) == "<unknown>")
        #expect(AgeText.since("1970-01-01T00:00:00Z", now: 61) == "61s")
    }

    @Test(
        "durations are read and written as Go does",
        arguments: [
            ("1h15m30.918s", "1h15m30.918s"), ("90m", "1h30m0s"), ("0", "0s"), ("1.5s", "1.5s"), ("1500ms", "1.5s"),
            ("300ms", "300ms"), ("2us", "2µs"), ("7ns", "7ns"), ("-5m", "-5m0s"), ("+.5h", "30m0s"), ("1m", "1m0s"),
        ])
    func durations(_ text: String, _ expected: String) throws {
        #expect(DurationText.text(try DurationText.parse(text)) == expected)
    }

    @Test(
        "what is no duration is refused with Go's sentence",
        arguments: [
            ("", "time: invalid duration \"\""), ("5", "time: missing unit in duration \"5\""),
            ("5x", "time: unknown unit \"x\" in duration \"5x\""), ("h", "time: invalid duration \"h\""),
            ("9999999999h", "time: invalid duration \"9999999999h\""),
        ])
    func badDurations(_ text: String, _ message: String) {
        #expect(throws: DurationError(description: message)) { try DurationText.parse(text) }
    }

    @Test("percentages are rounded as asked")
    func percentages() throws {
        let quarter = try #require(IntOrString(JSON.string("25%")))
        #expect(try quarter.resolved(of: 3, rounding: .up) == 1)
        #expect(try quarter.resolved(of: 3, rounding: .down) == 0)
        #expect(try IntOrString.int(7).resolved(of: 3, rounding: .up) == 7)
        #expect(quarter.percent == 25)
        let plain = #expect(throws: IntOrString.Failure.self) {
            try IntOrString.string("5").resolved(of: 3, rounding: .up)
        }
        #expect(
            plain?.description == "invalid value for IntOrString: invalid type: string is not a percentage")
        let text = #expect(throws: IntOrString.Failure.self) {
            try IntOrString.string("x%").resolved(of: 3, rounding: .up)
        }
        #expect(
            text?.description
                == "invalid value for IntOrString: invalid value \"x%\": strconv.Atoi: parsing \"x\": invalid syntax")
    }
}
