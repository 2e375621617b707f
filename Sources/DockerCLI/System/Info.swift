import CommandLine
import JSON

extension CommandTree {
    static func info() -> DockerCommand {
        DockerCommand(
            "info", group: .common, "Display system-wide information", usage: "[OPTIONS]",
            spellings: ["docker system info", "docker info"], count: .none, options: FormatOptions(),
            flags: [.text("format", short: "f", \.format, FormatHelp.plain)]
        ) { options, _, session in
            let client: JSON = [
                "Debug": false, "Version": .string(DockerProgram.clientVersion), "GitCommit": "hakobune",
                "GoVersion": .string(Versions.swift), "Os": "linux", "Arch": .string(Versions.architecture),
                "Context": .string(session.contextName), "Plugins": [], "Warnings": nil,
            ]
            var info = JSON.null, complaint: String?
            do { info = try await session.client.get("/info") } catch {
                guard options.format.isEmpty else { throw error }
                complaint = "\(error)"
            }
            guard options.format.isEmpty else {
                info["ClientInfo"] = client
                return try formatted(info, options.format, session)
            }
            session.out.write(
                "Client:\n Version:    \(DockerProgram.clientVersion)\n Context:    \(session.contextName)\n Debug Mode: false\n\nServer:\n"
            )
            if let complaint {
                session.err.line(complaint.hasPrefix("Cannot connect") ? complaint : "ERROR: \(complaint)")
                if complaint.hasPrefix("Cannot connect") { return 1 }
                throw Failure("errors pretty printing info")
            }
            session.out.write(InfoText(info: info).text)
            for warning in info["Warnings"].strings { session.err.line(warning) }
            return 0
        }
    }

    private static func formatted(_ info: JSON, _ format: String, _ session: Session) throws -> Int32 {
        let template: Template
        do { template = try Template(parsing: format == "json" ? "{{json .}}" : format) } catch {
            throw Failure("template parsing error: \(error)", exitCode: 64)
        }
        session.out.line(try template.execute(.json(info), missingKeysFail: true))
        return 0
    }
}

/// The server's part of `docker info`.
struct InfoText {
    let info: JSON
    private var lines: [String] = []

    init(info: JSON) { self.info = info }

    var text: String {
        var copy = self
        copy.counts()
        copy.plugins()
        copy.runtime()
        copy.machine()
        copy.settings()
        return copy.lines.joined(separator: "\n") + "\n\n"
    }

    private func value(_ name: String) -> String { info[name].string ?? "" }

    private mutating func line(_ label: String, _ value: String) { lines.append(" \(label): \(value)") }
    private mutating func lineUnlessEmpty(_ label: String, _ name: String) {
        if !value(name).isEmpty { line(label, value(name)) }
    }

    private mutating func counts() {
        line("Containers", "\(info["Containers"].int ?? 0)")
        for (label, name) in [
            ("Running", "ContainersRunning"), ("Paused", "ContainersPaused"), ("Stopped", "ContainersStopped"),
        ] {
            line(" \(label)", "\(info[name].int ?? 0)")
        }
        line("Images", "\(info["Images"].int ?? 0)")
        lineUnlessEmpty("Server Version", "ServerVersion")
        lineUnlessEmpty("Storage Driver", "Driver")
        for pair in info["DriverStatus"].array ?? [] { line(" \(pair[0].string ?? "")", pair[1].string ?? "") }
        lineUnlessEmpty("Logging Driver", "LoggingDriver")
        lineUnlessEmpty("Cgroup Driver", "CgroupDriver")
        lineUnlessEmpty("Cgroup Version", "CgroupVersion")
    }

    private mutating func plugins() {
        lines.append(" Plugins:")
        for kind in ["Volume", "Network", "Authorization", "Log"] {
            let names = info["Plugins", kind].strings
            if kind == "Authorization", names.isEmpty { continue }
            line(" \(kind)", names.joined(separator: " "))
        }
        if let folders = info["CDISpecDirs"].array, !folders.isEmpty {
            lines.append(" CDI spec directories:")
            lines += folders.map { "  \($0.string ?? "")" }
        }
        line("Swarm", info["Swarm", "LocalNodeState"].string ?? "inactive")
    }

    private mutating func runtime() {
        if let runtimes = info["Runtimes"].object, !runtimes.isEmpty {
            line("Runtimes", runtimes.names.sorted().joined(separator: " "))
            line("Default Runtime", value("DefaultRuntime"))
        }
        guard value("OSType") == "linux" else { return }
        line("Init Binary", value("InitBinary"))
        line("containerd version", info["ContainerdCommit", "ID"].string ?? "")
        line("runc version", info["RuncCommit", "ID"].string ?? "")
        line("init version", info["InitCommit", "ID"].string ?? "")
        let options = info["SecurityOptions"].strings
        guard !options.isEmpty else { return }
        lines.append(" Security Options:")
        for option in options {
            let fields = option.parts(",").compactMap { $0.cut("=") }
            if let name = fields.first(where: { $0.0 == "name" })?.1 { lines.append("  \(name)") }
            for field in fields where field.0 == "profile" { lines.append("   Profile: \(field.1)") }
        }
    }

    private mutating func machine() {
        for (label, name) in [
            ("Kernel Version", "KernelVersion"), ("Operating System", "OperatingSystem"), ("OSType", "OSType"),
            ("Architecture", "Architecture"),
        ] { lineUnlessEmpty(label, name) }
        line("CPUs", "\(info["NCPU"].int ?? 0)")
        line("Total Memory", Units.binarySize(info["MemTotal"].double ?? 0))
        lineUnlessEmpty("Name", "Name")
        lineUnlessEmpty("ID", "ID")
        line("Docker Root Dir", value("DockerRootDir"))
        let debug = info["Debug"].bool ?? false
        line("Debug Mode", Shown.yesNo(debug))
        guard debug else { return }
        line(" File Descriptors", "\(info["NFd"].int ?? 0)")
        line(" Goroutines", "\(info["NGoroutines"].int ?? 0)")
        line(" System Time", value("SystemTime"))
        line(" EventsListeners", "\(info["NEventsListener"].int ?? 0)")
    }

    private mutating func settings() {
        for (label, name) in [("HTTP Proxy", "HttpProxy"), ("HTTPS Proxy", "HttpsProxy"), ("No Proxy", "NoProxy")] {
            lineUnlessEmpty(label, name)
        }
        lineUnlessEmpty("Username", "UserName")
        let labels = info["Labels"].strings
        if !labels.isEmpty { lines += [" Labels:"] + labels.map { "  \($0)" } }
        line("Experimental", Shown.yesNo(info["ExperimentalBuild"].bool ?? false))
        let registries = info["RegistryConfig"]
        let insecure =
            (registries["IndexConfigs"].object ?? JSONObject()).filter { $0.value["Secure"].bool != true }
            .map { $0.value["Name"].string ?? $0.key } + registries["InsecureRegistryCIDRs"].strings
        if !insecure.isEmpty || registries["IndexConfigs"].object?.isEmpty == false {
            lines += [" Insecure Registries:"] + insecure.map { "  \($0)" }
        }
        let mirrors = registries["Mirrors"].strings
        if !mirrors.isEmpty { lines += [" Registry Mirrors:"] + mirrors.map { "  \($0)" } }
        line("Live Restore Enabled", Shown.yesNo(info["LiveRestoreEnabled"].bool ?? false))
        lineUnlessEmpty("Product License", "ProductLicense")
        if let pools = info["DefaultAddressPools"].array, !pools.isEmpty {
            lines.append(" Default Address Pools:")
            lines += pools.map { "   Base: \($0["Base"].string ?? ""), Size: \($0["Size"].int ?? 0)" }
        }
    }
}
