import CommandLine
import Compose
import DockerCLI
import JSON

/// One service's `build` as words for `docker build`. Pure.
struct BuildWords: Sendable {
    let service: Service
    let project: Project

    private var build: JSON { service.json["build"] }
    private var context: String { build["context"].string ?? "." }

    /// The Dockerfile that stands in the compose file.
    var inline: String? { build["dockerfile_inline"].string }

    /// Those that are named, where there are several and the image has a name by which it can be pushed.
    var isForSeveralPlatforms: Bool { build["platforms"].strings.count > 1 && !service.image.isEmpty }

    /// Options and the context.
    /// - Parameters:
    ///   - allPlatforms: those that the service names; else the one that is kept here.
    ///   - environment: gets the values of secrets that come from variables.
    func words(allPlatforms: Bool, environment: inout [String: String]) throws -> [String] {
        var words = ["-t", service.imageName(project: project.name)]
        for tag in build["tags"].strings { words += ["-t", tag] }
        words += sources()
        words += facts()
        words += limits()
        words += try secrets(&environment)
        for (name, path) in agents() { words += ["--ssh", path.isEmpty ? name : "\(name)=\(path)"] }
        let platforms = platforms(all: allPlatforms)
        if !platforms.isEmpty { words += ["--platform", platforms.joined(separator: ",")] }
        return words + [context]
    }

    private func sources() -> [String] {
        var words: [String] = []
        if inline != nil {
            words += ["-f", "-"]
        } else if let file = build["dockerfile"].string {
            let isRemote = context.contains("://") || context.hasPrefix("git@") || context.hasPrefix("github.com/")
            words += ["-f", isRemote ? file : PathText.join(context, file)]
        }
        for (name, place) in (build["additional_contexts"].stringMap).sorted(by: { $0.key < $1.key }) {
            var place = place
            if place.hasPrefix("service:"), let other = project.anyService(String(place.dropFirst("service:".count))) {
                place = "docker-image://" + other.imageName(project: project.name)
            }
            words += ["--build-context", "\(name)=\(place)"]
        }
        for source in build["cache_from"].strings { words += ["--cache-from", source] }
        for place in build["cache_to"].strings { words += ["--cache-to", place] }
        return words
    }

    private func facts() -> [String] {
        var words: [String] = []
        for (name, value) in build["args"].object ?? JSONObject() {
            words += ["--build-arg", value.string.map { "\(name)=\($0)" } ?? name]
        }
        for (name, value) in build["labels"].stringMap.sorted(by: { $0.key < $1.key }) {
            words += ["--label", "\(name)=\(value)"]
        }
        for label in [
            (Label.project, project.name), (Label.service, service.name), (Label.version, Label.composeVersion),
        ] {
            words += ["--label", "\(label.0)=\(label.1)"]
        }
        if let target = build["target"].string { words += ["--target", target] }
        if build["no_cache"].bool == true { words.append("--no-cache") }
        if build["pull"].bool == true { words.append("--pull") }
        for stage in build["no_cache_filter"].strings { words += ["--no-cache-filter", stage] }
        return words
    }

    private func limits() -> [String] {
        var words: [String] = []
        if let network = build["network"].string { words += ["--network", network] }
        for host in build["extra_hosts"].strings {
            words += ["--add-host", host.cut("=").map { "\($0.0):\($0.1)" } ?? host]
        }
        if let size = build["shm_size"].string { words += ["--shm-size", size] }
        for (name, value) in build["ulimits"].object ?? JSONObject() {
            words += [
                "--ulimit",
                "\(name)=" + (value.int.map { "\($0)" } ?? "\(value["soft"].int ?? 0):\(value["hard"].int ?? 0)"),
            ]
        }
        var rights = build["entitlements"].strings
        if build["privileged"].bool == true, !rights.contains("security.insecure") {
            rights.append("security.insecure")
        }
        for right in rights { words += ["--allow", right] }
        return words
    }

    private func secrets(_ environment: inout [String: String]) throws -> [String] {
        var words: [String] = []
        for entry in build["secrets"].array ?? [] {
            let source = entry["source"].string ?? ""
            let id = entry["target"].string ?? source
            let secret = project.secrets[source] ?? .null
            if let file = secret["file"].string {
                words += ["--secret", "id=\(id),type=file,\"src=\(file)\""]
            } else if let variable = secret["environment"].string {
                guard let value = project.environment[variable] else {
                    throw Failure(
                        "environment variable \(GoText.quote(variable)) required by secret \(GoText.quote(source)) is not set"
                    )
                }
                environment[variable] = value
                words += ["--secret", "id=\(id),type=env,env=\(variable)"]
            } else {
                throw Failure("build.secrets only supports environment or file-based secrets: \(GoText.quote(source))")
            }
        }
        return words
    }

    /// IDs, each with a path or with nothing, which means the user's own agent.
    private func agents() -> [(String, String)] {
        if let map = build["ssh"].object {
            return map.map { ($0, $1.string ?? "") }.sorted { $0.0 < $1.0 }
        }
        return build["ssh"].strings.map { text in
            guard let mark = text.firstRange(of: ": ") else { return text.cut("=") ?? (text, "") }
            return (String(text[..<mark.lowerBound]), String(text[mark.upperBound...]))
        }
    }

    /// Of several the one that the service is to run on, or this machine's, is kept.
    private func platforms(all: Bool) -> [String] {
        let wanted = build["platforms"].strings
        if all, !wanted.isEmpty { return wanted }
        if let own = service.json["platform"].string { return [own] }
        if let usual = project.environment["DOCKER_DEFAULT_PLATFORM"], !usual.isEmpty,
            wanted.isEmpty || wanted.contains(usual)
        {
            return [usual]
        }
        return wanted.isEmpty || wanted.contains(Self.machine) ? [] : [wanted[0]]
    }

    #if arch(arm64)
        private static let machine = "linux/arm64"
    #else
        private static let machine = "linux/amd64"
    #endif
}

extension Project {
    /// Also one that isn't to run: others may be built from its image.
    func anyService(_ name: String) -> Service? { services[name] ?? disabled[name] }
}
