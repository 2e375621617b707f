import CommandLine
import KubeModel

/// `KEY=VALUE` and `KEY-` behind the resources on a command line.
struct Pairs: Sendable {
    var set: [String: String] = [:]
    var removed: [String] = []

    /// Everything from the first pair on has to be one.
    static func split(_ arguments: [String], _ what: String) throws -> (resources: [String], pairs: [String]) {
        var resources: [String] = [], pairs: [String] = []
        for argument in arguments {
            let isPair =
                argument.contains("=") && !argument.hasPrefix("=") || argument.hasSuffix("-") && argument != "-"
            if isPair {
                pairs.append(argument)
            } else if pairs.isEmpty {
                resources.append(argument)
            } else {
                throw Refusal("all resources must be specified before \(what) changes: \(argument)")
            }
        }
        return (resources, pairs)
    }

    static func annotations(_ arguments: [String]) throws -> Pairs {
        var pairs = Pairs()
        var invalid: [String] = []
        for argument in arguments {
            if !argument.hasPrefix("="), let (key, value) = argument.cut("=") {
                pairs.set[key] = value
            } else if argument.hasSuffix("-"), argument != "-" {
                pairs.removed.append(String(argument.dropLast()))
            } else {
                invalid.append(argument)
            }
        }
        guard invalid.isEmpty else { throw Refusal("invalid annotation format: \(invalid.joined(separator: ", "))") }
        let both = pairs.removed.filter { pairs.set[$0] != nil }
        if !both.isEmpty {
            throw Refusal(
                "can not both modify and remove the following annotation(s) in the same command: \(both.joined(separator: ", "))"
            )
        }
        return pairs
    }

    static func labels(_ arguments: [String]) throws -> Pairs {
        var pairs = Pairs()
        for argument in arguments {
            if argument.contains("=") {
                let parts = argument.parts("=")
                guard parts.count == 2 else { throw Refusal("invalid label spec: \(argument)") }
                if let fault = LabelValue.fault(parts[1]) {
                    throw Refusal("invalid label value: \(argument.quoted): \(fault)")
                }
                pairs.set[parts[0]] = parts[1]
            } else if argument.hasSuffix("-") {
                pairs.removed.append(String(argument.dropLast()))
            } else {
                throw Refusal("unknown label spec: \(argument)")
            }
        }
        if pairs.removed.contains(where: { pairs.set[$0] != nil }) {
            throw Refusal("can not both modify and remove a label in the same command")
        }
        return pairs
    }
}

enum LabelValue {
    /// What is wrong with a label's value; nil: nothing.
    static func fault(_ text: String) -> String? {
        let faults = Names.labelValue(text)
        return faults.isEmpty ? nil : faults.joined(separator: ";")
    }
}
