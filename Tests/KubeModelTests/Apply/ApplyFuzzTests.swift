import JSON
import TestKit
import Testing

@testable import KubeModel

/// Random writes by three managers. Whatever they do, the promises of apply hold.
@Suite struct ApplyFuzzTests {
    private func config(_ random: inout SeededGenerator) -> JSON {
        var object = JSONObject()
        func text() -> JSON { .string(["x", "y", "z"].randomElement(using: &random) ?? "x") }
        func chance() -> Bool { Bool.random(using: &random) }
        if chance() { object["s"] = text() }
        if chance() { object["n"] = .int(Int64.random(in: 0...2, using: &random)) }
        if chance() { object["o"] = chance() ? ["a": text()] : ["b": text()] }
        if chance() { object["m"] = [text().string ?? "": text()] }
        if chance() { object["ao"] = ["a": text()] }
        if chance() { object["al"] = [text(), text()] }
        if chance() { object["set"] = .array(Set([text(), text()]).map { $0 }.sorted { $0.text < $1.text }) }
        if chance() {
            let names = Set([text(), text()]).sorted { $0.text < $1.text }
            object["l"] = .array(
                names.map { chance() ? ["name": $0, "value": text()] : ["name": $0, "sub": ["a": text()]] })
        }
        if chance() { object["ports"] = [["port": 1, "name": text()]] }
        if chance() { object["mo"] = [text().string ?? "": ["a": text()]] }
        if chance() { object["open"] = ["p": chance() ? ["q": text()] : text()] }
        return .object(object)
    }

    @Test("what is applied is there and owned; what nobody owns any more is gone", arguments: Fuzz.seeds(6))
    func promises(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bench = ApplyBench(SmallType.type)
        let type = ApplyType(SmallType.type)
        for _ in 0..<60 {
            let manager = ["a", "b", "c"].randomElement(using: &random) ?? "a"
            let config = config(&random)
            if Int.random(in: 0..<4, using: &random) == 0 {
                try bench.take(.update(manager, config.text))
                #expect(ValueOrder.isSame(StrategicMergePatch.withoutNulls(config), bench.object))
                continue
            }
            try bench.take(.force(manager, config.text))
            let applied = type.fieldSet(of: config), there = type.fieldSet(of: bench.object)
            #expect(applied.subtracting(there).isEmpty)
            let managers = try FieldManagers(bench.live?["metadata"]["managedFields"] ?? .null)
            let identity = FieldManagers.Identity(manager, isApply: true, apiVersion: "t.io/v1", subresource: "")
            #expect(managers[identity]?.fields ?? FieldSet() == applied)
            #expect(type.compare(bench.object, type.merge(bench.object, config)).isSame)
            // Everything is somebody's: nothing of this type is defaulted. What only held removed things may stay empty.
            let owned = managers.entries.reduce(FieldSet()) { $0.union($1.fields) }
            let leaves = type.fieldSet(of: withoutEmptyObjects(bench.object)).paths.filter { path in
                !there.paths.contains { $0.count > path.count && $0.starts(with: path) }
            }
            for leaf in leaves { #expect(owned.contains(leaf), "\(leaf.pathText)") }
        }
    }

    private func withoutEmptyObjects(_ value: JSON) -> JSON {
        guard case .object(let members) = value else { return value }
        var kept = JSONObject()
        for (name, value) in members {
            let value = withoutEmptyObjects(value)
            if !value.isNullOrEmptyObject { kept[name] = value }
        }
        return .object(kept)
    }

    @Test("random configurations are refused or applied, without a crash", arguments: Fuzz.seeds(4))
    func hostile(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let type = try builtIn(GroupVersion("", "v1"), "Pod")
        let fields = ManagedFields(type: type, groupVersion: GroupVersion("", "v1"), kind: "Pod")
        for _ in 0..<50 {
            var (live, config) = (RandomJSON.object(&random, depth: 5), RandomJSON.object(&random, depth: 5))
            live["metadata"] = [:]
            config["apiVersion"] = "v1"
            config["kind"] = "Pod"
            _ = try? fields.apply(config, to: live, manager: "m", force: true, now: Timestamp(seconds: 1))
            let updated = fields.update(live: live, new: config, manager: "m", now: Timestamp(seconds: 1))
            #expect(ManagedFields.fault(updated["metadata"]["managedFields"]) == nil)
        }
    }
}
