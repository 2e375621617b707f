import Fault
import JSON

/// What an image's config gives to a container that says nothing itself (dockerd merges the same members).
enum ImageDefaults {
    /// `image` is the `config` object of the image's config document; null for no image.
    static func merge(_ config: JSON, image: JSON) -> JSON {
        var result = config
        for member in ["User", "WorkingDir", "StopSignal"] where (config[member].string ?? "").isEmpty {
            if let value = image[member].string, !value.isEmpty { result[member] = .string(value) }
        }
        result["Env"] = JSON(environment(config["Env"].strings, image: image["Env"].strings))
        for member in ["ExposedPorts", "Volumes"] {
            guard let theirs = image[member].object, !theirs.isEmpty else { continue }
            var mine = config[member].object ?? JSONObject()
            for (key, value) in theirs where mine[key] == nil { mine[key] = value }
            result[member] = .object(mine)
        }
        var labels = config["Labels"].object ?? JSONObject()
        for (key, value) in image["Labels"].object ?? JSONObject() where labels[key] == nil { labels[key] = value }
        result["Labels"] = .object(labels)
        command(&result, config, image)
        health(&result, config, image)
        if config["Shell"].array == nil, let shell = image["Shell"].array { result["Shell"] = .array(shell) }
        return result
    }

    /// Without an entrypoint of its own the container takes the image's, and with it the image's command unless it
    /// has one. `[""]`, what clients send for `--entrypoint ""`, means none.
    private static func command(_ result: inout JSON, _ config: JSON, _ image: JSON) {
        if config["Entrypoint"].strings.isEmpty && config["Entrypoint"].array?.isEmpty != false {
            if config["Cmd"].strings.isEmpty, let command = image["Cmd"].array {
                result["Cmd"] = .array(command)
            }
            if config["Entrypoint"].isNull || config["Entrypoint"].array?.isEmpty == true {
                if let entrypoint = image["Entrypoint"].array { result["Entrypoint"] = .array(entrypoint) }
            }
        }
        if result["Entrypoint"].strings == [""] { result["Entrypoint"] = .null }
        if result["Cmd"].array == nil { result["Cmd"] = .null }
    }

    /// Members that the container leaves 0 come from the image; `["NONE"]` switches its check off.
    private static func health(_ result: inout JSON, _ config: JSON, _ image: JSON) {
        guard let theirs = image["Healthcheck"].object else { return }
        guard var mine = config["Healthcheck"].object else { return result["Healthcheck"] = .object(theirs) }
        if (mine["Test"]?.strings ?? []).isEmpty { mine["Test"] = theirs["Test"] }
        for member in ["Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"]
        where (mine[member]?.int ?? 0) == 0 {
            mine[member] = theirs[member]
        }
        result["Healthcheck"] = .object(mine)
    }

    /// The image's variables, then the container's in place of those of the same name or after them.
    static func environment(_ own: [String], image: [String]) -> [String] {
        func name(_ entry: String) -> Substring { entry.prefix { $0 != "=" } }
        let names = Set(own.map { String(name($0)) })
        return image.filter { !names.contains(String(name($0))) }.reduce(into: own) { $0.append($1) }
    }
}
