import CommandLine
import JSON

/// What bake files say: targets, groups of them, and variables. Pure.
struct BakeDefinition: Sendable {
    private(set) var targets: [String: JSON] = [:]
    private(set) var groups: [String: JSON] = [:]
    private var variables: [String: JSON] = [:]

    /// Members that are put together, in place of being replaced, by files and targets that come later.
    private static let maps: Set<String> = ["args", "labels", "contexts", "extra-hosts"]

    /// Lays a file over those before it.
    mutating func add(_ file: JSON, name: String) throws(Failure) {
        for (member, content) in file.object ?? JSONObject() {
            for (key, value) in content.object ?? JSONObject() {
                switch member {
                case "target": targets[key] = try Self.merge(targets[key] ?? [:], value, key, name)
                case "group": groups[key] = value
                case "variable": variables[key] = value
                default: throw Failure("\(name): \(member) is not available in bake files")
                }
            }
        }
    }

    private static func merge(_ base: JSON, _ over: JSON, _ target: String, _ file: String) throws(Failure) -> JSON {
        var merged = base
        for (key, value) in over.object ?? JSONObject() {
            guard BakeTarget.members.contains(key) || key == "inherits" else {
                throw Failure("\(file): target \(GoText.quote(target)): \(key) is not available in bake files here")
            }
            if maps.contains(key), let entries = value.object {
                if merged[key].object == nil { merged[key] = [:] }
                for (name, entry) in entries { merged[key][name] = entry }
            } else {
                merged[key] = value
            }
        }
        return merged
    }

    // MARK: Variables

    /// Puts the variables' values in: given ones, the environment's, then their own.
    mutating func resolve(_ given: [String: String], _ environment: [String: String]) throws(Failure) {
        var values: [String: JSON] = [:]
        for (name, variable) in variables {
            let standard = variable["default"]
            guard let text = given[name] ?? environment[name] else {
                values[name] = standard
                continue
            }
            values[name] = try Self.value(text, like: standard, name)
        }
        // Variables may stand in variables.
        for name in values.keys.sorted() { values[name] = try Self.expand(values[name] ?? .null, values) }
        for (name, target) in targets { targets[name] = try Self.expand(target, values) }
        for (name, group) in groups { groups[name] = try Self.expand(group, values) }
    }

    private static func value(_ text: String, like standard: JSON, _ name: String) throws(Failure) -> JSON {
        if standard.bool != nil {
            guard let flag = try? GoValue.bool(text) else {
                throw Failure("failed to convert \(text) to bool for \(name)")
            }
            return .bool(flag)
        }
        if standard.int != nil || standard.double != nil {
            guard let number = try? JSON(parsing: text), number.double != nil || number.int != nil else {
                throw Failure("failed to convert \(text) to number for \(name)")
            }
            return number
        }
        if standard.array != nil { return JSON(text.split(separator: ",").map(String.init)) }
        return .string(text)
    }

    private static func expand(_ value: JSON, _ values: [String: JSON]) throws(Failure) -> JSON {
        if let text = value.string { return try expand(text, values) }
        if let list = value.array {
            var expanded: [JSON] = []
            for item in list { expanded.append(try expand(item, values)) }
            return .array(expanded)
        }
        guard let members = value.object else { return value }
        var expanded: JSON = [:]
        for (key, member) in members { expanded[key] = try expand(member, values) }
        return expanded
    }

    private static func expand(_ text: String, _ values: [String: JSON]) throws(Failure) -> JSON {
        var out = "", rest = text[...]
        while let start = rest.firstRange(of: "${") {
            if rest[..<start.lowerBound].hasSuffix("$") {
                out += rest[..<start.upperBound].dropLast(3) + "${"
                rest = rest[start.upperBound...]
                continue
            }
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
            let name = String(rest[start.upperBound..<end])
            guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }) else {
                throw Failure("expressions beyond variables are not available: ${\(name)}")
            }
            guard let value = values[name] else {
                throw Failure("Unknown variable; there is no variable named \(GoText.quote(name)).")
            }
            if text == "${\(name)}", value.string == nil { return value }
            out += rest[..<start.lowerBound] + (value.string ?? (value.isNull ? "" : value.text))
            rest = rest[rest.index(after: end)...]
        }
        return .string(out + rest)
    }

    // MARK: Names

    /// Targets and groups behind a name.
    func members(of name: String) throws(Failure) -> (targets: [String], groups: [String]) {
        var found: [String] = [], passed: [String] = []
        var open = [name]
        while !open.isEmpty {
            let next = open.removeFirst()
            if let group = groups[next] {
                guard !passed.contains(next) else { continue }
                passed.append(next)
                open = group["targets"].strings + open
            } else if targets[next] != nil {
                if !found.contains(next) { found.append(next) }
            } else {
                throw Failure("failed to find target \(next)")
            }
        }
        return (found, passed)
    }

    /// Targets whose names fit the pattern.
    func matching(_ pattern: String) throws(Failure) -> [String] {
        if targets[pattern] != nil { return [pattern] }
        if groups[pattern] != nil { return try members(of: pattern).targets }
        let names = targets.keys.filter { Self.fits($0[...], pattern[...]) }.sorted()
        guard !names.isEmpty else { throw Failure("could not find any target matching '\(pattern)'") }
        return names
    }

    private static func fits(_ name: Substring, _ pattern: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == "*" {
            return fits(name, pattern.dropFirst()) || !name.isEmpty && fits(name.dropFirst(), pattern)
        }
        guard let character = name.first, first == "?" || first == character else { return false }
        return fits(name.dropFirst(), pattern.dropFirst())
    }

    /// With what it inherits, first come first laid.
    func inherited(_ name: String) throws(Failure) -> JSON { try inherited(name, above: []) }

    private func inherited(_ name: String, above: [String]) throws(Failure) -> JSON {
        guard let own = targets[name] else { throw Failure("failed to find target \(name)") }
        guard !above.contains(name) else {
            throw Failure("infinite loop from target \(GoText.quote(name)) in inherits")
        }
        var merged: JSON = [:]
        for parent in own["inherits"].strings {
            merged = try Self.merge(merged, try inherited(parent, above: above + [name]), name, "")
        }
        merged = try Self.merge(merged, own, name, "")
        merged["inherits"] = .null
        return merged
    }
}
