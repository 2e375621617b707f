import JSON
import Testing

@testable import KubeModel

private func event(_ message: String, about name: String = "web", reason: String = "Failed", now: Double = 0) -> JSON {
    EventRecord.event(
        about: ["kind": "Pod", "namespace": "n", "name": .string(name), "uid": "u", "apiVersion": "v1"],
        type: "Warning",
        reason: reason, message: message, component: "kubelet", host: "node", now: now)
}

@Suite struct EventCorrelatorTests {
    @Test("an event is named after its object and the time")
    func record() {
        let made = event("it failed", now: 1_700_000_000)
        #expect(made["metadata", "name"] == "web.17979cfe362a0000")
        #expect(made["metadata", "namespace"] == "n" && made["count"] == 1)
        #expect(made["firstTimestamp"] == "2023-11-14T22:13:20Z" && made["source", "host"] == "node")
        let long = EventRecord.name(String(repeating: "a", count: 300), 1)
        #expect(long.utf8.count == 253 && long.hasSuffix(".3b9aca00"))
    }

    @Test("the same event again counts up the first")
    func same() throws {
        var correlator = EventCorrelator()
        guard case .create(var first) = correlator.correlate(event("m"), now: 0) else {
            Issue.record("not created")
            return
        }
        first["metadata", "resourceVersion"] = "7"
        correlator.stored(first)
        let outcome = correlator.correlate(event("m", now: 60), now: 60)
        guard case .patch(let changed, let patch) = outcome else {
            Issue.record("not patched: \(outcome)")
            return
        }
        #expect(patch.text == #"{"count":2,"lastTimestamp":"1970-01-01T00:01:00Z","message":"m"}"#)
        #expect(changed["metadata", "name"] == first["metadata", "name"])
        #expect(changed["metadata", "resourceVersion"] == "7")
        #expect(changed["firstTimestamp"] == "1970-01-01T00:00:00Z")
    }

    @Test("from the tenth message of one reason on they are combined, until ten quiet minutes have passed")
    func combined() {
        var correlator = EventCorrelator()
        for number in 1..<10 {
            guard case .create = correlator.correlate(event("m\(number)"), now: 0) else {
                Issue.record("\(number) was not created")
                return
            }
        }
        guard case .create(let tenth) = correlator.correlate(event("m10"), now: 1) else {
            Issue.record("the tenth was not created")
            return
        }
        #expect(tenth["message"] == "(combined from similar events): m10" && tenth["count"] == 1)
        guard case .patch(_, let patch) = correlator.correlate(event("m11"), now: 2) else {
            Issue.record("the eleventh was not patched")
            return
        }
        #expect(patch["message"] == "(combined from similar events): m11" && patch["count"] == 2)
        guard case .create(let late) = correlator.correlate(event("m12"), now: 700) else {
            Issue.record("the late one was not created")
            return
        }
        #expect(late["message"] == "m12")
    }

    @Test("a source that talks too much is not heard, and earns one word in five minutes")
    func spam() {
        var correlator = EventCorrelator()
        var heard = 0
        for _ in 0..<100 where correlator.correlate(event("m"), now: 0) != .skip { heard += 1 }
        #expect(heard == 25)
        #expect(correlator.correlate(event("m"), now: 299) == .skip)
        #expect(correlator.correlate(event("m"), now: 300) != .skip)
        #expect(correlator.correlate(event("m"), now: 301) == .skip)
        #expect(correlator.correlate(event("m", about: "other"), now: 301) != .skip)
    }

    @Test("what was used longest ago is forgotten")
    func memory() {
        var entries = RecentEntries<Int>(limit: 80)
        for number in 0..<80 { entries["\(number)"] = number }
        #expect(entries["0"] == 0)
        entries["80"] = 80
        #expect(entries.count <= 80 && entries["0"] == 0 && entries["1"] == nil && entries["80"] == 80)
        for number in 0..<10_000 { entries["x\(number)"] = number }
        #expect(entries.count <= 80)
    }
}
