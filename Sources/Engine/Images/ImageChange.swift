import Fault
import JSON

/// The Dockerfile instructions that `commit --change` and `import --change` take, applied to a container's config.
enum ImageChange {
    enum Limit {
        /// Longest instruction, in bytes.
        static let bytes = 64 << 10
    }

    static func apply(_ changes: [String], to config: JSON) throws(Fault) -> JSON {
        var config = config
        for change in changes {
            guard change.utf8.count <= Limit.bytes else {
                throw Fault(.invalid, "change is longer than \(Limit.bytes) bytes")
            }
            let text = change.trimmed
            let word = text.prefix { !$0.isWhitespace }
            try apply(word.lowercased(), String(text.dropFirst(word.count)).trimmed, to: &config)
        }
        return config
    }

    private static func apply(_ instruction: String, _ text: String, to config: inout JSON) throws(Fault) {
        guard !text.isEmpty || ["cmd", "entrypoint"].contains(instruction) else {
            throw Fault(.invalid, "\(instruction.uppercased()) requires at least one argument")
        }
        switch instruction {
        case "cmd": config["Cmd"] = command(text)
        case "entrypoint": config["Entrypoint"] = command(text)
        case "user": config["User"] = .string(text)
        case "stopsignal": config["StopSignal"] = .string(text)
        case "onbuild": config["OnBuild"] = JSON(config["OnBuild"].strings + [text])
        case "workdir": config["WorkingDir"] = .string(folder(text, from: config["WorkingDir"].string ?? "/"))
        case "env": config["Env"] = JSON(environment(config["Env"].strings, try pairs(text)))
        case "label":
            var labels = config["Labels"].object ?? JSONObject()
            for (key, value) in try pairs(text) { labels[key] = .string(value) }
            config["Labels"] = .object(labels)
        case "expose": add(try words(text).map { $0.contains("/") ? $0 : $0 + "/tcp" }, to: "ExposedPorts", of: &config)
        case "volume":
            let folders: [String] = if let list = list(text) { list } else { try words(text) }
            add(folders, to: "Volumes", of: &config)
        case "healthcheck": config["Healthcheck"] = try health(text)
        default: throw Fault(.invalid, "\(instruction) is not a valid change command")
        }
    }

    /// `["a","b"]`, or a line for the shell.
    private static func command(_ text: String) -> JSON {
        if let list = list(text) { return JSON(list) }
        return text.isEmpty ? .null : ["/bin/sh", "-c", .string(text)]
    }

    private static func list(_ text: String) -> [String]? {
        guard text.hasPrefix("["), let array = try? JSON(parsing: text).array, array.allSatisfy({ $0.string != nil })
        else { return nil }
        return array.compactMap(\.string)
    }

    private static func folder(_ text: String, from current: String) -> String {
        var parts: [Substring] = []
        for part in ((text.hasPrefix("/") ? "" : current + "/") + text).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static func environment(_ old: [String], _ pairs: [(String, String)]) -> [String] {
        var result = old
        for (key, value) in pairs {
            result.removeAll { $0.hasPrefix(key + "=") }
            result.append("\(key)=\(value)")
        }
        return result
    }

    private static func add(_ names: [String], to member: String, of config: inout JSON) {
        var set = config[member].object ?? JSONObject()
        for name in names { set[name] = [:] }
        config[member] = .object(set)
    }

    /// `NONE`, or options and `CMD` with what to run.
    private static func health(_ text: String) throws(Fault) -> JSON {
        if text.uppercased() == "NONE" { return ["Test": ["NONE"]] }
        var check: JSON = [:]
        var rest = text
        while rest.hasPrefix("--") {
            let option = String(rest.prefix { !$0.isWhitespace })
            rest = String(rest.dropFirst(option.count)).trimmed
            let parts = option.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
            let names = [
                "interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod",
                "start-interval": "StartInterval",
            ]
            if parts.count == 2, let name = names[parts[0]], let time = TimeBound.duration(parts[1]) {
                check[name] = .int(time)
            } else if parts.count == 2, parts[0] == "retries", let count = Int64(parts[1]) {
                check["Retries"] = .int(count)
            } else {
                throw Fault(.invalid, "unknown or malformed HEALTHCHECK option: \(option)")
            }
        }
        guard rest.uppercased().hasPrefix("CMD") else {
            throw Fault(.invalid, "unknown type in HEALTHCHECK (try CMD): \(rest)")
        }
        let command = String(rest.dropFirst(3)).trimmed
        check["Test"] = list(command).map { JSON(["CMD"] + $0) } ?? ["CMD-SHELL", .string(command)]
        return check
    }

    /// `a=b "c d"=e`, or the old form `key the rest`.
    private static func pairs(_ text: String) throws(Fault) -> [(String, String)] {
        let words = try words(text)
        guard let first = words.first else { return [] }
        if !first.contains("=") {
            let value = String(text.drop { !$0.isWhitespace }).trimmed
            guard !value.isEmpty else { throw Fault(.invalid, "\(first) must have a value: key=value") }
            return [(first, value)]
        }
        var pairs: [(String, String)] = []
        for word in words {
            guard let cut = word.firstIndex(of: "="), cut != word.startIndex else {
                throw Fault(.invalid, "Syntax error - can't find = in \"\(word)\". Must be of the form: name=value")
            }
            pairs.append((String(word[..<cut]), String(word[word.index(after: cut)...])))
        }
        return pairs
    }

    /// Splits at blanks outside quotes; quotes and backslashes are taken away.
    private static func words(_ text: String) throws(Fault) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else {
            throw Fault(.invalid, "unexpected end of statement while looking for matching quote")
        }
        if let word { words.append(word) }
        return words
    }
}

extension String {
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
