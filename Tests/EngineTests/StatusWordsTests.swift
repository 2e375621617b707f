import Testing

@testable import Engine

@Suite struct StatusWordsTests {
    @Test(
        "durations are told in Docker's steps",
        arguments: [
            (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"),
            (119, "About a minute"), (120, "2 minutes"), (3_540, "59 minutes"), (3_600, "About an hour"),
            (2 * 3_600, "2 hours"), (47 * 3_600, "47 hours"), (49 * 3_600, "2 days"), (15 * 86_400, "2 weeks"),
            (61 * 86_400, "2 months"), (800 * 86_400, "2 years"),
        ])
    func elapsed(_ seconds: Int, _ text: String) {
        #expect(StatusWords.elapsed(.seconds(seconds)) == text)
    }

    @Test("a container's status names what it does, how it ended and how healthy it is")
    func describe() {
        let second: Int64 = 1_000_000_000
        var record = ContainerTableTests.record("ab", "web")
        func words() -> String { StatusWords.describe(record, now: 100 * second) }
        #expect(words() == "Created")
        _ = record.started(pid: 1, at: 97 * second)
        #expect(words() == "Up 3 seconds")
        record.health = HealthState()
        #expect(words() == "Up 3 seconds (health: starting)")
        record.health?.status = .healthy
        #expect(words() == "Up 3 seconds (healthy)")
        record.state.status = .paused
        #expect(words() == "Up 3 seconds (Paused)")
        record.state.status = .exited
        record.state.finishedAt = 98 * second
        record.state.exitCode = 137
        #expect(words() == "Exited (137) 2 seconds ago")
    }
}

@Suite struct TimeTests {
    @Test(
        "times are written as Go writes them and read back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_732_233_600_000_000_000, "2024-11-22T00:00:00Z"),
            (1_709_251_199_123_456_000, "2024-02-29T23:59:59.123456Z"), (-1_000_000_000, "1969-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func roundTrip(_ time: Int64, _ text: String) {
        #expect(rfc3339(time) == text)
        #expect(nanoseconds(rfc3339: text) == time)
    }

    @Test("an offset is taken into account, and nonsense refused")
    func offsets() {
        #expect(nanoseconds(rfc3339: "1970-01-01T09:00:00+09:00") == 0)
        for text in ["", "1970", "1970-13-01T00:00:00Z", "1970-01-01T25:00:00Z", "1970-01-01T00:00:00", "x"] {
            #expect(nanoseconds(rfc3339: text) == nil)
        }
        #expect(rfc3339(nil) == "0001-01-01T00:00:00Z")
    }

    @Test("bounds are times, seconds or a duration ago")
    func bounds() throws {
        let now: Int64 = 100_000_000_000
        #expect(try TimeBound.parse("12", now: now) == 12_000_000_000)
        #expect(try TimeBound.parse("12.5", now: now) == 12_500_000_000)
        #expect(try TimeBound.parse("1m30s", now: now) == 10_000_000_000)
        #expect(try TimeBound.parse("1970-01-01T00:00:05Z", now: now) == 5_000_000_000)
        #expect(throws: (any Error).self) { try TimeBound.parse("yesterday", now: now) }
    }
}
