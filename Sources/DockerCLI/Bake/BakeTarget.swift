import CommandLine
import JSON

/// One target of a bake file, ready to be shown and to be built. Pure.
struct BakeTarget: Sendable {
    let name: String
    private(set) var json: JSON

    /// In the order in which they are shown.
    static let members = [
        "description", "annotations", "attest", "context", "contexts", "dockerfile", "dockerfile-inline", "args",
        "labels", "tags", "cache-from", "cache-to", "target", "secret", "ssh", "platforms", "output", "pull",
        "no-cache", "network", "no-cache-filter", "shm-size", "ulimits", "call", "entitlements", "extra-hosts",
    ]

    /// - Parameter json: as files say it, with all that it inherits.
    init(_ name: String, _ json: JSON) {
        self.name = name
        var shown: JSON = [:]
        for member in Self.members {
            var value = json[member]
            switch member {
            case "context": if value.isNull { value = "." }
            case "dockerfile": if value.isNull { value = "Dockerfile" }
            case "output", "cache-from", "cache-to", "secret", "ssh", "attest":
                value = .array((value.array ?? []).map { Self.fields($0, member) })
            default: break
            }
            if value.isNull || value.array?.isEmpty == true || value.object?.isEmpty == true { continue }
            shown[member] = value
        }
        self.json = shown
    }

    /// Texts such as `type=local,dest=out` as maps.
    private static func fields(_ entry: JSON, _ member: String) -> JSON {
        guard let text = entry.string else { return entry }
        let parts = CommaFields.split(text)
        if member == "ssh" {
            guard let (id, paths) = text.cut("=") else { return ["id": .string(text)] }
            return ["id": .string(id), "paths": JSON(CommaFields.split(paths))]
        }
        if !parts.contains(where: { $0.contains("=") }) {
            return member == "output"
                ? ["dest": .string(text), "type": .string(text == "-" ? "tar" : "local")]
                : ["ref": .string(text), "type": "registry"]
        }
        var pairs: [(String, JSON)] = []
        for part in parts {
            let (key, value) = part.cut("=") ?? (part, "")
            pairs.append((key, .string(value)))
        }
        return .object(JSONObject(pairs.sorted { $0.0 < $1.0 }))
    }

    var tags: [String] { json["tags"].strings }

    /// Targets whose outcomes are contexts of this one's.
    var needs: Set<String> {
        Set(
            json["contexts"].stringMap.values.compactMap { value in
                value.hasPrefix("target:") ? String(value.dropFirst("target:".count)) : nil
            })
    }

    /// The Dockerfile that stands in the file itself.
    var inline: String? { json["dockerfile-inline"].string }

    /// Arguments of `docker build`.
    /// - Parameter image: the name of a target's image.
    func words(image: (String) -> String) -> [String] {
        var words: [String] = []
        let context = json["context"].string ?? "."
        let isLocal = !BuildSources.isRemote(context) && context != "-"
        let file = json["dockerfile"].string ?? "Dockerfile"
        words += ["-f", inline != nil ? "-" : isLocal && !file.hasPrefix("/") ? "\(context)/\(file)" : file]
        for (name, place) in json["contexts"].stringMap.sorted(by: { $0.key < $1.key }) {
            let target = place.hasPrefix("target:") ? "docker-image://" + image(String(place.dropFirst(7))) : place
            words += ["--build-context", "\(name)=\(target)"]
        }
        for (flag, member, mark) in [
            ("--build-arg", "args", "="), ("--label", "labels", "="), ("--add-host", "extra-hosts", "="),
        ] {
            for (name, value) in (json[member].object ?? JSONObject()).sorted(by: { $0.0 < $1.0 }) {
                words += [flag, value.isNull ? name : name + mark + (value.string ?? value.text)]
            }
        }
        for (flag, member) in [
            ("-t", "tags"), ("--annotation", "annotations"), ("--no-cache-filter", "no-cache-filter"),
            ("--ulimit", "ulimits"), ("--allow", "entitlements"),
        ] {
            for value in json[member].strings { words += [flag, value] }
        }
        for (flag, member) in [
            ("--cache-from", "cache-from"), ("--cache-to", "cache-to"), ("--secret", "secret"), ("--output", "output"),
            ("--attest", "attest"),
        ] {
            for entry in json[member].array ?? [] { words += [flag, Self.text(entry)] }
        }
        for entry in json["ssh"].array ?? [] {
            let paths = entry["paths"].strings
            words += [
                "--ssh", (entry["id"].string ?? "default") + (paths.isEmpty ? "" : "=" + paths.joined(separator: ",")),
            ]
        }
        let platforms = json["platforms"].strings
        if !platforms.isEmpty { words += ["--platform", platforms.joined(separator: ",")] }
        for member in ["target", "network", "shm-size"] {
            if let value = json[member].string { words += ["--" + member, value] }
        }
        for member in ["pull", "no-cache"] where json[member].bool == true { words.append("--" + member) }
        return words + [context]
    }

    private static func text(_ entry: JSON) -> String {
        (entry.object ?? JSONObject()).map { key, value in
            let field = "\(key)=\(value.string ?? value.text)"
            return field.contains(",") || field.contains("\"")
                ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
        }.joined(separator: ",")
    }

    /// As an image of that name, whatever else was to become of it.
    func kept(as name: String) -> BakeTarget {
        var other = self
        other.json["tags"] = [.string(name)]
        other.json["output"] = .null
        return other
    }
}
