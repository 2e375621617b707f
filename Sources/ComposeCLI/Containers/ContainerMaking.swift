import CommandLine
import Compose
import DockerCLI
import JSON

/// Makes one container of a service.
struct ContainerMaking: Sendable {
    let context: ComposeContext
    let project: Project
    let api: ProjectAPI
    /// IDs by service.
    let images: [String: String]

    struct OneOff: Sendable {
        var slug = ""
        var attachesInput = false
        var removesItself = false
        var takesAliases = false
    }

    func make(
        _ service: Service, number: Int, name: String, finalName: String? = nil, replaces: String? = nil,
        inheriting old: ProjectContainer? = nil, oneOff: OneOff? = nil
    ) async throws -> ProjectContainer {
        var labels = self.labels(service, number)
        if let replaces { labels[Label.replace] = replaces }
        if let oneOff {
            labels[Label.oneOff] = "True"
            labels[Label.slug] = oneOff.slug
        }
        var body = ContainerBody(
            project: project, service: service, number: number, name: finalName ?? name, labels: labels)
        body.links = try await links(service, number)
        if let old { body.inherited = try await anonymousVolumes(of: old, service) }
        body.proxies = context.session.configuration.proxyEnvironment(host: api.client.host, given: [])
        body.attachesInput = oneOff?.attachesInput ?? false
        body.removesItself = oneOff?.removesItself ?? false
        body.takesAliases = oneOff?.takesAliases ?? true
        body.readFile = { String(decoding: try ProjectSource.access.read($0), as: UTF8.self) }
        var query: Query = [("name", name)]
        let platform = service.json["platform"].string ?? project.environment["DOCKER_DEFAULT_PLATFORM"] ?? ""
        if !platform.isEmpty { query.append(("platform", platform)) }
        let answer = try await api.client.post("/containers/create", query, body: try body.make())
        for warning in answer["Warnings"].strings { context.warn(warning) }
        var json: JSON = [
            "Id": answer["Id"], "Names": [.string("/\(name)")], "State": "created", "Labels": JSON(labels),
        ]
        json["Image"] = .string(service.imageName(project: project.name))
        return ProjectContainer(json)
    }

    private func labels(_ service: Service, _ number: Int) -> [String: String] {
        var labels = service.json["labels"].stringMap
        labels[Label.project] = project.name
        labels[Label.service] = service.name
        labels[Label.version] = Label.composeVersion
        labels[Label.workingDirectory] = project.workingDirectory
        labels[Label.configFiles] = project.files.joined(separator: ",")
        labels[Label.oneOff] = "False"
        labels[Label.configHash] = service.configHash
        if number > 0 { labels[Label.number] = "\(number)" }
        labels[Label.dependsOn] = service.dependencies.map {
            "\($0.service):\($0.condition.rawValue):\($0.restart)"
        }.joined(separator: ",")
        if let image = images[service.name] { labels[Label.image] = image }
        let files = context.options.environmentFiles
        if !files.isEmpty { labels[Label.environmentFile] = files.joined(separator: ",") }
        return labels
    }

    /// Volumes that the image declares and nothing names, as the container to be replaced has them.
    private func anonymousVolumes(of old: ProjectContainer, _ service: Service) async throws -> [String: JSON] {
        let image = try await api.find("/images/\(PercentEncoding.path(service.imageName(project: project.name)))/json")
        let declared = Set((image?["Config", "Volumes"].object ?? JSONObject()).names)
        let own = Set(
            (service.json["volumes"].array ?? []).filter { $0["type"].string == "volume" && $0["source"].isNull }
                .compactMap { $0["target"].string })
        var kept: [String: JSON] = [:]
        for mount in old.json["Mounts"].array ?? [] where mount["Type"].string == "volume" {
            guard let target = mount["Destination"].string, declared.contains(target) || own.contains(target) else {
                continue
            }
            kept[target] = mount["Name"]
        }
        return kept
    }

    private func links(_ service: Service, _ number: Int) async throws -> [String] {
        var links: [String] = []
        let separator = context.options.separator
        for text in service.json["links"].strings {
            let (other, alias) = text.cut(":") ?? (text, text)
            for container in try await api.containers(services: [other]) {
                links += [
                    "\(container.name):\(alias)", "\(container.name):\(other)\(separator)\(max(number, 1))",
                    "\(container.name):\([project.name, other, "\(max(number, 1))"].joined(separator: separator))",
                ]
            }
        }
        for text in service.json["external_links"].strings {
            links.append(text.contains(":") ? text : "\(text):\(text)")
        }
        return links
    }
}
