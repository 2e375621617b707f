import CommandLine
import Compose
import Glibc
import JSON

/// Services that a compose file builds, as bake's targets.
enum ComposeTargets {
    private enum Limit {
        /// Bytes of one file.
        static let file = 16 << 20
    }

    private static let access = FileAccess(
        read: { try WholeFile.read($0, limit: Limit.file) }, isFile: { Glibc.access($0, R_OK) == 0 })

    /// As a bake file would say it: targets, and the group of them all.
    static func load(_ paths: [String], _ environment: [String: String]) throws -> JSON {
        let files = paths.map(HostPath.absolute)
        let folder = files[0][..<(files[0].lastIndex(of: "/") ?? files[0].startIndex)]
        var request = LoadRequest(
            files: files, workingDirectory: folder.isEmpty ? "/" : String(folder), environment: environment)
        request.profiles = ["*"]
        let project = try Project.load(request, access)
        let built = project.services.values.filter { $0.json["build"].object != nil }.sorted { $0.name < $1.name }
        var targets: JSON = [:]
        for service in built { targets[targetName(service.name)] = target(service, project) }
        return [
            "group": ["default": ["targets": JSON(built.map { targetName($0.name) })]], "target": targets,
        ]
    }

    private static func targetName(_ name: String) -> String { name.replacing(".", with: "_") }

    private static func target(_ service: Service, _ project: Project) -> JSON {
        let build = service.json["build"]
        var target: JSON = [:]
        if let context = build["context"].string { target["context"] = .string(relative(context)) }
        for (member, own) in [
            ("dockerfile", "dockerfile"), ("dockerfile_inline", "dockerfile-inline"), ("target", "target"),
            ("network", "network"), ("cache_from", "cache-from"), ("cache_to", "cache-to"), ("platforms", "platforms"),
            ("no_cache", "no-cache"), ("pull", "pull"), ("shm_size", "shm-size"), ("args", "args"),
            ("labels", "labels"), ("no_cache_filter", "no-cache-filter"), ("entitlements", "entitlements"),
        ] where !build[member].isNull { target[own] = build[member] }
        var tags = build["tags"].strings
        if !service.image.isEmpty { tags.insert(service.image, at: 0) }
        if !tags.isEmpty { target["tags"] = JSON(tags) }
        for (name, place) in build["additional_contexts"].stringMap {
            let isService = place.hasPrefix("service:")
            if target["contexts"].object == nil { target["contexts"] = [:] }
            target["contexts"][name] = .string(
                isService ? "target:" + targetName(String(place.dropFirst("service:".count))) : relative(place))
        }
        let secrets = (build["secrets"].array ?? []).map { entry -> JSON in
            let source = entry["source"].string ?? "", secret = project.secrets[source] ?? .null
            var shown: JSON = ["id": .string(entry["target"].string ?? source)]
            if let file = secret["file"].string { shown["src"] = .string(file) }
            if let variable = secret["environment"].string { shown["env"] = .string(variable) }
            return shown
        }
        if !secrets.isEmpty { target["secret"] = .array(secrets) }
        if !build["ssh"].strings.isEmpty { target["ssh"] = build["ssh"] }
        // What compose has no word for.
        for (key, value) in build["x-bake"].object ?? JSONObject() {
            target[key == "no-cache" || !key.hasSuffix("s") ? key : ["secrets": "secret"][key] ?? key] = value
        }
        return target
    }

    /// From here, as a person would write it.
    private static func relative(_ path: String) -> String {
        let here = HostPath.absolute(".")
        if path == here { return "." }
        return path.hasPrefix(here + "/") ? String(path.dropFirst(here.count + 1)) : path
    }
}
