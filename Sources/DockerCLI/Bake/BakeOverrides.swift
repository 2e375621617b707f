import CommandLine
import JSON

/// `--set TARGET.KEY=VALUE`: what the command line puts over targets.
struct BakeOverrides: Sendable {
    private struct Change: Sendable { var keys: [String], value: String?, appends: Bool }
    private var changes: [String: [Change]] = [:]

    private static let lists = [
        "output": "output", "cache-to": "cache-to", "cache-from": "cache-from", "tags": "tags", "platform": "platforms",
        "secrets": "secret", "ssh": "ssh", "attest": "attest", "entitlements": "entitlements",
        "annotations": "annotations", "no-cache-filter": "no-cache-filter", "ulimits": "ulimits",
    ]
    private static let maps: Set<String> = ["args", "contexts", "labels", "extra-hosts"]
    private static let texts: Set<String> = ["context", "dockerfile", "target", "call", "shm-size", "network"]
    private static let flags: Set<String> = ["no-cache", "pull"]

    init(_ texts: [String], _ definition: BakeDefinition, _ environment: [String: String]) throws(Failure) {
        for text in texts {
            let (left, value) = text.cut("=").map { ($0.0, Optional($0.1)) } ?? (text, nil)
            let appends = left.hasSuffix("+")
            let key = appends ? String(left.dropLast()) : left
            let keys = key.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard keys.count > 1 else { throw Failure("invalid override key \(key), expected target.name") }
            guard value != nil || keys[1] == "args" else {
                throw Failure("invalid override \(text), expected target.name=value")
            }
            if ["args", "contexts"].contains(keys[1]), keys.count < 3 {
                throw Failure("invalid key \(left), \(keys[1]) requires name")
            }
            let given = value ?? environment[keys.last ?? ""]
            for name in try definition.matching(keys[0]) {
                guard given != nil else { continue }
                changes[name, default: []].append(
                    Change(keys: Array(keys.dropFirst()), value: given, appends: appends))
            }
        }
    }

    func apply(to target: JSON, named name: String) throws(Failure) -> JSON {
        var target = target
        var replaced: Set<String> = []
        for change in changes[name] ?? [] {
            let key = change.keys[0], value = change.value ?? ""
            if let member = Self.lists[key] {
                // Several of one key make one list.
                let isFirst = replaced.insert(member).inserted
                let before = isFirst && !change.appends ? [] : target[member].array ?? []
                target[member] = .array(before + (value.isEmpty ? [] : [.string(value)]))
            } else if Self.maps.contains(key) {
                guard change.keys.count == 2 else {
                    throw Failure("invalid format for \(key), expecting \(key).<name>")
                }
                if target[key].object == nil { target[key] = [:] }
                target[key][change.keys[1]] = .string(value)
            } else if Self.texts.contains(key) {
                target[key] = .string(value)
            } else if Self.flags.contains(key) || ["push", "load"].contains(key) {
                guard let flag = try? GoValue.bool(value) else {
                    throw Failure("invalid value \(value) for boolean key \(key)")
                }
                if Self.flags.contains(key) {
                    target[key] = .bool(flag)
                } else if flag {
                    target["output"] = [.string(key == "push" ? "type=registry" : "type=docker")]
                }
            } else {
                throw Failure("unknown key: \(key)")
            }
        }
        return target
    }
}
