import Cluster
import CommandLine
import DockerCLI
import Fault
import JSON
import KubeClient
import KubeModel

struct ServiceOptions: ProfileOptions {
    var profile = ""
    var namespace = "default"
    var onlyURL = false
    var isHTTPS = false
    var format = "http://{{.IP}}:{{.Port}}"
    var isForAll = false
    var wait = 2
}

extension Verbs {
    static func service() -> ClusterCommand {
        ClusterCommand(
            "service", group: .common, "Returns a URL to connect to a service", usage: "SERVICE [flags]",
            count: .atMost(1), options: ServiceOptions(),
            flags: [
                .profile,
                .text("namespace", short: "n", \.namespace, default: "default", "The service's namespace"),
                .toggle("url", \.onlyURL, "Only print the URL"),
                .toggle("https", \.isHTTPS, "Print https:// URLs"),
                .text("format", \.format, default: "http://{{.IP}}:{{.Port}}", "How a URL is printed"),
                .toggle("all", \.isForAll, "All services of the namespace"),
                .int("wait", \.wait, default: 2, "Seconds to wait for a service that isn't there yet"),
            ]
        ) { options, parsed, session in
            let profile = try session.existing(options.profile)
            if parsed.arguments.first == "list" { return try await ServiceURLs(session, profile, options).list() }
            guard options.isForAll || !parsed.arguments.isEmpty else {
                throw Failure("You must specify a service name", exitCode: 14)
            }
            return try await ServiceURLs(session, profile, options).print(parsed.arguments.first)
        }
    }
}

/// Where services are reached from this machine.
private struct ServiceURLs {
    let session: ClusterSession
    let profile: Profile
    let options: ServiceOptions

    init(_ session: ClusterSession, _ profile: Profile, _ options: ServiceOptions) {
        self.session = session
        self.profile = profile
        self.options = options
    }

    private func urls(_ service: JSON) throws -> [(port: JSON, url: String)] {
        var urls: [(port: JSON, url: String)] = []
        for port in service["spec"]["ports"].array ?? [] {
            guard let number = port["nodePort"].int, let address = profile.controlPlane?.address else { continue }
            let values: JSON = ["IP": .string(address), "Port": .string("\(number)"), "Name": port["name"]]
            var url = try Template(parsing: options.format).execute(.json(values))
            if options.isHTTPS, url.hasPrefix("http://") { url = "https" + url.dropFirst(4) }
            urls.append((port, url))
        }
        return urls
    }

    func print(_ name: String?) async throws -> Int32 {
        guard let controlPlane = profile.controlPlane else {
            throw Fault(.internalFault, "cluster \(profile.name) has no control plane")
        }
        try await session.checkRunning(controlPlane)
        let api = try session.api(of: profile)
        var services: [JSON] = []
        if let name {
            services.append(try await service(name, api))
        } else {
            services = try await api.list(.services, options.namespace).items
        }
        for service in services {
            let found = try urls(service)
            if options.onlyURL {
                for (_, url) in found { session.out.line(url) }
                if found.isEmpty, name != nil {
                    session.notes.say(
                        .warning,
                        "service \(options.namespace)/\(service["metadata"]["name"].string ?? "") has no node port")
                }
            } else {
                session.out.write(table([(service, found)]))
            }
        }
        return 0
    }

    private func service(_ name: String, _ api: RemoteAPI) async throws -> JSON {
        do { return try await api.get(.services, options.namespace, name) } catch {
            guard error.code == 404 else { throw error }
            throw Failure(
                "Exiting due to SVC_NOT_FOUND: Service '\(name)' was not found in '\(options.namespace)' namespace.\n"
                    + "You may select another namespace by using 'minikube service \(name) -n <namespace>'. "
                    + "Or list out all the services using 'minikube service list'",
                exitCode: 115)
        }
    }

    func list() async throws -> Int32 {
        let api = try session.api(of: profile)
        let services = try await api.list(.services).items.sorted {
            ($0["metadata"]["namespace"].string ?? "", $0["metadata"]["name"].string ?? "")
                < ($1["metadata"]["namespace"].string ?? "", $1["metadata"]["name"].string ?? "")
        }
        session.out.write(table(try services.map { ($0, try urls($0)) }))
        return 0
    }

    /// minikube's table, with its frame.
    private func table(_ services: [(JSON, [(port: JSON, url: String)])]) -> String {
        var rows = [["NAMESPACE", "NAME", "TARGET PORT", "URL"]]
        for (service, found) in services {
            let metadata = service["metadata"]
            let ports = found.map { entry in
                let name = entry.port["name"].string ?? ""
                return name.isEmpty ? "\(entry.port["port"].int ?? 0)" : "\(name)/\(entry.port["port"].int ?? 0)"
            }
            let count = max(1, found.count)
            for index in 0..<count {
                rows.append([
                    index == 0 ? metadata["namespace"].string ?? "" : "",
                    index == 0 ? metadata["name"].string ?? "" : "",
                    found.isEmpty ? "No node port" : ports[index], found.isEmpty ? "" : found[index].url,
                ])
            }
        }
        return FramedTable.text(rows)
    }
}

/// A table in a frame of box characters, the first row its head.
enum FramedTable {
    static func text(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        func rule(_ left: String, _ middle: String, _ right: String) -> String {
            left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right + "\n"
        }
        func line(_ row: [String], centred: Bool) -> String {
            let cells = zip(row, widths).map { text, width in
                let free = width - text.count
                let before = centred ? free / 2 : 0
                return " " + String(repeating: " ", count: before) + text
                    + String(repeating: " ", count: free - before) + " "
            }
            return "│" + cells.joined(separator: "│") + "│\n"
        }
        var out = rule("┌", "┬", "┐")
        for (index, row) in rows.enumerated() {
            out += line(row, centred: index == 0)
            if index == 0 { out += rule("├", "┼", "┤") }
        }
        return out + rule("└", "┴", "┘")
    }
}
