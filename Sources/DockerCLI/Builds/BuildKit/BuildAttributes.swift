import CommandLine
import OCI

/// The frontend's words for what the command line says of the build itself.
struct BuildAttributes: Sendable {
    let options: BuildOptions
    let session: Session
    /// Where `host-gateway` leads; empty: the daemon knows.
    let gateway: String

    func words() throws -> [String: String] {
        var words: [String: String] = [:]
        for (name, value) in try arguments() { words["build-arg:" + name] = value }
        for label in options.labels {
            let (name, value) = label.cut("=") ?? (label, "")
            words["label:" + name] = value
        }
        if !options.target.isEmpty { words["target"] = options.target }
        let platforms = options.platforms.flatMap { CommaFields.split($0) }.filter { !$0.isEmpty }
        for platform in platforms {
            guard (try? Platform(parsing: platform)) != nil else {
                throw Failure("\(GoText.quote(platform)): cannot parse platform specifier: invalid argument")
            }
        }
        if !platforms.isEmpty { words["platform"] = platforms.joined(separator: ",") }
        if options.ignoresCache { words["no-cache"] = "" }
        if !options.uncachedStages.isEmpty {
            guard !options.ignoresCache else {
                throw Failure("--no-cache and --no-cache-filter cannot currently be used together")
            }
            words["no-cache"] = options.uncachedStages.joined(separator: ",")
        }
        words["image-resolve-mode"] = options.pulls ? "pull" : "local"
        guard ["", "default", "none", "host"].contains(options.network) else {
            throw Failure(
                "network mode \(GoText.quote(options.network)) not supported by buildkit - you can define a custom network for your builder using the network driver-opt in buildx create"
            )
        }
        if !["", "default"].contains(options.network) { words["force-network-mode"] = options.network }
        if !options.hosts.isEmpty { words["add-hosts"] = try options.hosts.map(host).joined(separator: ",") }
        if !options.ulimits.isEmpty { words["ulimit"] = try limits() }
        if !options.cgroupParent.isEmpty { words["cgroup-parent"] = options.cgroupParent }
        let numbers = [
            ("shm-size", options.sharedMemory), ("memory", options.memory), ("memswap", options.memorySwap),
            ("cpushares", Int64(options.cpuShares)), ("cpuperiod", Int64(options.cpuPeriod)),
            ("cpuquota", Int64(options.cpuQuota)),
        ]
        for (name, value) in numbers where value != 0 { words[name] = "\(value)" }
        if !options.cpusetCPUs.isEmpty { words["cpusetcpus"] = options.cpusetCPUs }
        if !options.cpusetMemories.isEmpty { words["cpusetmems"] = options.cpusetMemories }
        return words
    }

    /// A name without a value takes that of this process's environment, and is left out where there is none.
    private func arguments() throws -> [String: String] {
        var all: [String: String] = [:]
        let host = (try? session.client.host) ?? ""
        for proxy in session.configuration.proxyEnvironment(host: host, given: []) {
            if let (name, value) = proxy.cut("=") { all[name] = value }
        }
        if let epoch = session.environment["SOURCE_DATE_EPOCH"], !epoch.isEmpty { all["SOURCE_DATE_EPOCH"] = epoch }
        for text in options.arguments {
            if let (name, value) = text.cut("=") {
                all[name] = value
            } else if let value = session.environment[text] {
                all[text] = value
            }
        }
        return all
    }

    /// `name:address` and `name=address` as the frontend has it.
    private func host(_ text: String) throws -> String {
        let equals = text.firstIndex(of: "="), colon = text.firstIndex(of: ":")
        guard let mark = equals ?? colon, mark != text.startIndex else {
            throw Failure("invalid host \(text)")
        }
        let name = text[..<mark]
        var address = String(text[text.index(after: mark)...])
        if address == "host-gateway", !gateway.isEmpty { address = gateway }
        if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        guard !address.isEmpty else { throw Failure("invalid host \(text)") }
        return "\(name)=\(address)"
    }

    private func limits() throws -> String {
        try options.ulimits.map { text in
            let limit = try CreateValue.ulimit(text)
            return "\(limit.name)=\(limit.soft):\(limit.hard)"
        }.joined(separator: ",")
    }
}
