import JSON
import Testing

@testable import Engine

@Suite struct HealthTests {
    private static let config: JSON = [
        "Healthcheck": [
            "Test": ["CMD-SHELL", "curl -f localhost"], "Interval": 1_000_000_000, "Retries": 2,
            "StartPeriod": 10_000_000_000,
        ]
    ]

    private func probe(_ code: Int32, at seconds: Int64) -> HealthState.Probe {
        HealthState.Probe(start: seconds * 1_000_000_000, end: seconds * 1_000_000_000, exitCode: code, output: "")
    }

    @Test("a shell check runs in the image's shell, and NONE switches checks off")
    func command() {
        #expect(HealthCheck(Self.config)?.command == ["/bin/sh", "-c", "curl -f localhost"])
        #expect(HealthCheck(["Healthcheck": ["Test": ["NONE"]]]) == nil)
        #expect(HealthCheck([:]) == nil)
    }

    @Test("failures in the start period don't count; after it the retries do")
    func startPeriod() throws {
        let check = try #require(HealthCheck(Self.config))
        var health = HealthState()
        do {
            let changed = health.took(probe(1, at: 2), check, startedAt: 0)
            #expect(!changed)
        }
        #expect(health.failingStreak == 0 && health.status == .starting)
        do {
            let changed = health.took(probe(1, at: 11), check, startedAt: 0)
            #expect(!changed)
        }
        do {
            let changed = health.took(probe(1, at: 12), check, startedAt: 0)
            #expect(changed)
        }
        #expect(health.status == .unhealthy)
        do {
            let changed = health.took(probe(0, at: 13), check, startedAt: 0)
            #expect(changed)
        }
        #expect(health.status == .healthy && health.failingStreak == 0)
    }

    @Test("one success ends the start period's indulgence")
    func successInStartPeriod() throws {
        let check = try #require(HealthCheck(Self.config))
        var health = HealthState()
        do {
            let changed = health.took(probe(0, at: 1), check, startedAt: 0)
            #expect(changed)
        }
        _ = health.took(probe(1, at: 2), check, startedAt: 0)
        #expect(health.failingStreak == 1)
    }

    @Test("the last five answers are kept")
    func log() throws {
        let check = try #require(HealthCheck(Self.config))
        var health = HealthState()
        for second in 0..<8 { _ = health.took(probe(0, at: Int64(second)), check, startedAt: 0) }
        #expect(health.log.map(\.start) == (3..<8).map { Int64($0) * 1_000_000_000 })
    }
}
