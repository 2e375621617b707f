import CommandLine
import Compose
import DockerCLI
import JSON

/// The body of a container's creation, from a service. No I/O but what `readFile` does for seccomp profiles.
struct ContainerBody {
    let project: Project
    let service: Service
    /// 0: a one-off.
    let number: Int
    let name: String
    var labels: [String: String]
    var links: [String] = []
    /// Volumes of the container that this one replaces, by their place in it.
    var inherited: [String: JSON] = [:]
    /// Variables of the proxy settings of docker's configuration, below the service's own.
    var proxies: [String] = []
    var attachesInput = false
    var removesItself = false
    /// Aliases other than the container's own name.
    var takesAliases = true
    var readFile: (String) throws -> String = { _ in "" }

    private var json: JSON { service.json }

    func make() throws -> JSON {
        let isOpen = json["stdin_open"].bool ?? false
        var body: JSON = [:]
        func text(_ key: String, _ from: String) { if let value = json[from].string { body[key] = .string(value) } }
        text("Hostname", "hostname")
        text("Domainname", "domainname")
        text("User", "user")
        body["ExposedPorts"] = try exposedPorts()
        body["Tty"] = .bool(service.isTerminal)
        body["OpenStdin"] = .bool(isOpen)
        body["StdinOnce"] = .bool(attachesInput && isOpen)
        body["AttachStdin"] = .bool(attachesInput)
        body["AttachStdout"] = true
        body["AttachStderr"] = true
        if !json["command"].isNull { body["Cmd"] = json["command"] }
        if !json["entrypoint"].isNull { body["Entrypoint"] = json["entrypoint"] }
        body["Image"] = .string(service.imageName(project: project.name))
        text("WorkingDir", "working_dir")
        if json["network_mode"].string == "disabled" { body["NetworkDisabled"] = true }
        body["Labels"] = JSON(labels)
        text("StopSignal", "stop_signal")
        body["Env"] = JSON(environment)
        if let check = try healthCheck() { body["Healthcheck"] = check }
        if let span = json["stop_grace_period"].string.flatMap(GoDuration.parse) {
            body["StopTimeout"] = .int(span / 1_000_000_000)
        }
        let networks = NetworkSettings(
            project: project, service: service, name: name, links: links, takesAliases: takesAliases)
        body["HostConfig"] = try HostSettings(body: self, networkMode: networks.mode).json()
        if let endpoints = try networks.endpoints() { body["NetworkingConfig"] = ["EndpointsConfig": endpoints] }
        return body
    }

    private var environment: [String] {
        var all: [String: String?] = [:]
        for text in proxies { if let (name, value) = text.cut("=") { all[name] = value } }
        for (name, value) in json["environment"].object ?? JSONObject() { all[name] = .some(value.string) }
        return all.map { name, value in value.map { "\(name)=\($0)" } ?? name }.sorted()
    }

    private func exposedPorts() throws -> JSON {
        var ports: JSON = .object(JSONObject())
        for port in json["ports"].array ?? [] {
            ports["\(port["target"].int ?? 0)/\(port["protocol"].string ?? "tcp")"] = .object(JSONObject())
        }
        for text in json["expose"].strings {
            let (range, proto) = text.cut("/") ?? (text, "tcp")
            let ends = range.parts("-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, ends.count == range.parts("-").count
            else {
                throw Failure("services.\(service.name).expose: invalid port range: \(text)")
            }
            for port in first...last { ports["\(port)/\(proto)"] = .object(JSONObject()) }
        }
        return ports
    }

    private func healthCheck() throws -> JSON? {
        let check = json["healthcheck"]
        guard check.object != nil else { return nil }
        if check["disable"].bool == true { return ["Test": ["NONE"]] }
        func span(_ key: String) -> Int64 { check[key].string.flatMap(GoDuration.parse) ?? 0 }
        if !check["start_interval"].isNull, check["start_period"].isNull {
            throw Failure("healthcheck.start_interval requires healthcheck.start_period to be set")
        }
        return [
            "Test": check["test"], "Interval": .int(span("interval")), "Timeout": .int(span("timeout")),
            "StartPeriod": .int(span("start_period")), "StartInterval": .int(span("start_interval")),
            "Retries": .int(Int64(check["retries"].int ?? 0)),
        ]
    }
}
