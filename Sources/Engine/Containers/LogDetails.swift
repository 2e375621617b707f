import CommandLine
import JSON

/// What the log options `labels`, `labels-regex`, `env`, `env-regex` and `tag` choose of a container, as
/// `docker logs --details` shows it.
struct LogDetails {
    /// Before each line, with the blank behind it.
    let text: [UInt8]

    init(_ record: ContainerRecord) {
        let pairs = Self.attributes(record).sorted { $0.key < $1.key }
            .map { "\(Self.escape($0.key))=\(Self.escape($0.value))" }
        text = Array((pairs.joined(separator: ",") + " ").utf8)
    }

    private static func attributes(_ record: ContainerRecord) -> [String: String] {
        let options = record.hostConfig["LogConfig"]["Config"].stringMap
        var variables: [String: String] = [:]
        for variable in record.config["Env"].strings {
            guard let equals = variable.firstIndex(of: "=") else { continue }
            variables[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        var result: [String: String] = [:]
        func take(_ option: String, from values: [String: String]) {
            for name in (options[option] ?? "").split(separator: ",") { result[String(name)] = values[String(name)] }
            guard let pattern = options[option + "-regex"], !pattern.isEmpty, let wanted = try? Regex(pattern) else {
                return
            }
            for (name, value) in values where name.firstMatch(of: wanted) != nil { result[name] = value }
        }
        take("labels", from: record.config["Labels"].stringMap)
        take("env", from: variables)
        if let tag = options["tag"], let shown = Self.tag(tag, record), !shown.isEmpty { result["tag"] = shown }
        return result
    }

    /// The tag's template filled in; nil when it is none.
    static func tag(_ template: String, _ record: ContainerRecord) -> String? {
        let digits = record.imageID.drop { $0 != ":" }.dropFirst()
        let facts: JSON = [
            "ID": .string(record.shortID), "FullID": .string(record.id), "Name": .string(record.name),
            "ImageID": .string(String(digits.prefix(12))), "ImageFullID": .string(record.imageID),
            "ImageName": record.config["Image"], "DaemonName": "docker",
        ]
        return try? Template(parsing: template).execute(.json(facts), missingKeysFail: true)
    }

    /// As Go's url.QueryEscape does.
    private static func escape(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x5f, 0x2e, 0x7e: out.append(byte)
            case 0x20: out.append(UInt8(ascii: "+"))
            default:
                out.append(
                    contentsOf: Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8))
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
