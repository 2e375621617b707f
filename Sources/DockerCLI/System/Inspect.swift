import CommandLine
import JSON

extension CommandTree {
    /// `docker inspect`: objects of any type.
    static func inspect() -> DockerCommand {
        DockerCommand(
            "inspect", "Return low-level information on Docker objects", usage: "[OPTIONS] NAME|ID [NAME|ID...]",
            count: .atLeast(1), options: InspectOptions(),
            flags: [
                .inspectFormat, .toggle("size", short: "s", \.size, "Show the sizes of files if the type is container"),
                .text("type", \.type, "Look at objects of this type alone"),
            ], completes: .containers(all: true)
        ) { options, parsed, session in
            if parsed.given.contains("type"), InspectedObject(rawValue: options.type) == nil,
                !InspectedObject.swarm.contains(options.type)
            {
                let known = (InspectedObject.allCases.map(\.rawValue) + InspectedObject.swarm).sorted()
                let fault = options.type.isEmpty ? "type is empty" : "unknown type: \"\(options.type)\""
                throw Failure(
                    "\(fault): must be one of "
                        + known.map { "\"\($0)\"" }.joined(separator: ", "))
            }
            return try await Inspection(session: session, format: options.format).run(parsed.arguments) { name in
                try await find(name, options, session)
            }
        }
    }

    private static func find(_ name: String, _ options: InspectOptions, _ session: Session) async throws -> JSON {
        if !options.type.isEmpty {
            guard let kind = InspectedObject(rawValue: options.type) else {
                return try await session.client.get("/\(options.type)s/\(PercentEncoding.path(name))")
            }
            return try await kind.find(name, options, session)
        }
        for kind in InspectedObject.allCases {
            do { return try await kind.find(name, options, session) } catch let error as DaemonError
                where error.isNotFound || error.message.contains("No such") || error.message.contains("no such")
                || error.status == 501
                || error.status == 503
            { continue }
        }
        throw Failure("Error: No such object: \(name)")
    }
}

/// The types of objects that can be inspected, in the order in which a name is looked up.
enum InspectedObject: String, CaseIterable {
    case container, image, network, volume, plugin

    static let swarm = ["config", "node", "secret", "service", "task"]

    func find(_ name: String, _ options: InspectOptions, _ session: Session) async throws -> JSON {
        let escaped = PercentEncoding.path(name)
        switch self {
        case .container:
            return try await session.client.get("/containers/\(escaped)/json", options.size ? [("size", "1")] : [])
        case .image:
            return try await session.client.get("/images/\(escaped)/json", try PlatformArgument.query(options.platform))
        case .network:
            return try await session.client.get("/networks/\(escaped)", options.verbose ? [("verbose", "true")] : [])
        case .volume: return try await session.client.get("/volumes/\(escaped)")
        case .plugin: return try await session.client.get("/plugins/\(escaped)/json")
        }
    }
}

/// `--platform os[/architecture[/variant]]` as the API takes it: a JSON document.
enum PlatformArgument {
    static func query(_ text: String) throws -> Query {
        guard !text.isEmpty else { return [] }
        let parts = text.parts("/")
        let isGood =
            parts.count <= 3
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
            }
        guard isGood else { throw Failure("invalid platform: \"\(text)\"") }
        var json: JSON = ["architecture": .string(parts.count > 1 ? parts[1] : "amd64"), "os": .string(parts[0])]
        if parts.count > 2 { json["variant"] = .string(parts[2]) }
        return [("platform", json.text)]
    }
}
