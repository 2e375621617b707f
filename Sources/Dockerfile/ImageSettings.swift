import Fault
import JSON

/// Applies the instructions that only change an image's config (image-spec, config.md, `config`).
package struct ImageSettings: Sendable, Equatable {
    /// The `config` object.
    package var json: JSON
    /// What the shell form of CMD, ENTRYPOINT and HEALTHCHECK runs with.
    package var shell: [String] { json["Shell"].strings.isEmpty ? ["/bin/sh", "-c"] : json["Shell"].strings }

    package init(_ json: JSON) { self.json = json.object == nil ? [:] : json }

    package var environment: [(name: String, value: String)] {
        json["Env"].strings.map { entry in
            let cut = entry.firstIndex(of: "=") ?? entry.endIndex
            return (String(entry[..<cut]), cut == entry.endIndex ? "" : String(entry[entry.index(after: cut)...]))
        }
    }

    package var user: String { json["User"].string ?? "" }
    package var workingFolder: String { json["WorkingDir"].string.flatMap { $0.isEmpty ? nil : $0 } ?? "/" }

    package mutating func set(environment pairs: [KeyValue]) {
        var entries = json["Env"].strings
        for pair in pairs {
            let entry = "\(pair.key)=\(pair.value)"
            if let at = entries.firstIndex(where: { $0.hasPrefix(pair.key + "=") }) {
                entries[at] = entry
            } else {
                entries.append(entry)
            }
        }
        json["Env"] = JSON(entries)
    }

    package mutating func set(labels pairs: [KeyValue]) {
        var labels = json["Labels"].object ?? JSONObject()
        for pair in pairs { labels[pair.key] = .string(pair.value) }
        json["Labels"] = .object(labels)
    }

    package mutating func set(workingFolder path: String) {
        json["WorkingDir"] = .string(Self.resolve(path, in: workingFolder))
    }

    package mutating func set(user: String) { json["User"] = .string(user) }

    /// `80`, `80/udp`, `8000-8010/tcp`.
    package mutating func expose(_ ports: [String]) throws(Fault) {
        for port in ports {
            let parts = port.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let network = parts.count > 1 && !parts[1].isEmpty ? parts[1].lowercased() : "tcp"
            let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                .map { UInt16($0) }
            guard let first = bounds[0], let last = bounds.last ?? first, first <= last else {
                throw Fault(.invalid, "invalid containerPort: \(port)")
            }
            guard ["tcp", "udp", "sctp"].contains(network) else {
                throw Fault(.invalid, "invalid proto: \(network)")
            }
            for number in first...last { add("\(number)/\(network)", to: "ExposedPorts") }
        }
    }

    package mutating func add(volumes: [String]) { for volume in volumes { add(volume, to: "Volumes") } }

    private mutating func add(_ key: String, to member: String) {
        var set = json[member].object ?? JSONObject()
        set[key] = [:]
        json[member] = .object(set)
    }

    package mutating func set(command: CommandForm) { json["Cmd"] = JSON(words(command)) }

    /// An image's command belongs to the entrypoint it came with; `keepsCommand`: this build set the command itself.
    package mutating func set(entrypoint: CommandForm, keepsCommand: Bool) {
        json["Entrypoint"] = JSON(words(entrypoint))
        if !keepsCommand { json["Cmd"] = .null }
    }

    package func words(_ form: CommandForm) -> [String] {
        switch form {
        case .list(let words): words
        case .shell(let line): line.isEmpty ? [] : shell + [line]
        }
    }

    package mutating func set(health: HealthOptions) {
        var check: JSON = [:]
        switch health.command {
        case nil: check["Test"] = ["NONE"]
        case .list(let words): check["Test"] = JSON(["CMD"] + words)
        case .shell(let line): check["Test"] = ["CMD-SHELL", .string(line)]
        }
        let times = [
            ("Interval", health.interval), ("Timeout", health.timeout), ("StartPeriod", health.startPeriod),
            ("StartInterval", health.startInterval), ("Retries", health.retries),
        ]
        for (member, value) in times { if let value, value != 0 { check[member] = .int(value) } }
        json["Healthcheck"] = check
    }

    package mutating func set(shell: [String]) { json["Shell"] = JSON(shell) }
    package mutating func set(stopSignal: String) { json["StopSignal"] = .string(stopSignal) }
    package mutating func add(trigger: String) { json["OnBuild"] = JSON(json["OnBuild"].strings + [trigger]) }

    /// An absolute, clean path.
    package static func resolve(_ path: String, in folder: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : folder + "/" + path).split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
