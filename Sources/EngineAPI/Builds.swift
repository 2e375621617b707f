import DockerModel
import Fault
import JSON
import NIOHTTP1
import Wire

enum Builds {
    /// Engine API, ImageBuild: the classic builder's endpoint.
    @Sendable static func build(_ call: Call) async throws {
        guard call.text("version").map({ $0 == "1" }) ?? true else {
            throw Fault(.notImplemented, "version 2 of /build is BuildKit's: use /session and /grpc, as buildx does")
        }
        let request = try call.buildRequest()
        try await call.progress { sink in
            try await call.whileConnected {
                try await call.builder.build(request, context: call.bodySource, progress: sink)
            }
        }
    }

    /// `POST /session` (Engine API, "Session").
    @Sendable static func session(_ call: Call) async throws {
        let door = try call.buildKitDoor()
        let headers = call.request.headers
        try door.check(headers)
        try await door.session(try await call.leaveForHTTP2(), headers)
    }

    /// `POST /grpc`.
    @Sendable static func calls(_ call: Call) async throws {
        let door = try call.buildKitDoor()
        try await door.calls(try await call.leaveForHTTP2())
    }

    /// Builds of this endpoint end with their client; there is nothing to cancel by name.
    @Sendable static func cancel(_ call: Call) async throws {
        guard call.text("id") != nil else { throw Fault(.invalid, "build ID not provided") }
        try await call.answer(.noContent)
    }

    @Sendable static func prune(_ call: Call) async throws {
        let keep = try ["reserved-space", "keep-storage"].lazy.compactMap { try call.integer($0) }.first ?? 0
        try await call.answer(
            try await call.backend.pruneBuildCache(
                all: call.flag("all"), keep: Int64(keep), filters: try call.filters()))
    }
}

extension Call {
    fileprivate func buildRequest() throws -> BuildRequest {
        var request = BuildRequest()
        if let path = text("dockerfile") { request.dockerfile = path }
        request.remote = text("remote").flatMap { $0 == "client-session" ? nil : $0 }
        request.tags = all("t").filter { !$0.isEmpty }
        request.target = text("target")
        request.platform = try platform()
        request.usesCache = !flag("nocache")
        request.pulls = flag("pull")
        request.isQuiet = flag("q")
        request.arguments = try object("buildargs").reduce(into: [:]) { $0[$1.key] = .some($1.value.string) }
        request.labels = try object("labels").reduce(into: [:]) { $0[$1.key] = $1.value.string ?? "" }
        request.host = try buildHost()
        request.credentials = registryConfig()
        if flag("squash") { throw Fault(.invalid, "squash is not available: build stages keep images small") }
        return request
    }

    fileprivate func buildKitDoor() throws(Fault) -> BuildKitDoor {
        guard let buildKit else { throw Fault(.notImplemented, "BuildKit's protocol is not available here") }
        let wanted = request.headers.first(name: "upgrade") ?? ""
        guard wanted == "h2c" else {
            throw Fault(.invalid, wanted.isEmpty ? "no upgrade proto in request" : "protocol \(wanted) not supported")
        }
        return buildKit
    }

    fileprivate func leaveForHTTP2() async throws -> any RawConnection {
        try await responder.switchProtocols(["Connection": "Upgrade", "Upgrade": "h2c"])
    }

    private func object(_ name: String) throws(Fault) -> JSONObject {
        guard let text = text(name) else { return JSONObject() }
        guard let json = try? JSON(parsing: text), json.isNull || json.object != nil else {
            throw Fault(.invalid, "error reading \(name): it is no JSON object")
        }
        return json.object ?? JSONObject()
    }

    /// Limits and network of RUN, as HostConfig has them.
    private func buildHost() throws(Fault) -> JSON {
        var host: JSON = [:]
        let numbers = [
            ("memory", "Memory"), ("memswap", "MemorySwap"), ("cpushares", "CpuShares"), ("cpuperiod", "CpuPeriod"),
            ("cpuquota", "CpuQuota"), ("shmsize", "ShmSize"),
        ]
        for (name, member) in numbers {
            if let value = try integer(name), value != 0 { host[member] = JSON(value) }
        }
        for (name, member) in [
            ("cpusetcpus", "CpusetCpus"), ("cpusetmems", "CpusetMems"), ("cgroupparent", "CgroupParent"),
        ] {
            if let value = text(name) { host[member] = .string(value) }
        }
        if let mode = text("networkmode"), mode != "default" { host["NetworkMode"] = .string(mode) }
        if let hosts = text("extrahosts") {
            host["ExtraHosts"] =
                (try? JSON(parsing: hosts)).flatMap { $0.array == nil ? nil : $0 }
                ?? JSON(hosts.split(separator: ",").map(String.init))
        }
        if let text = text("ulimits"), let list = try? JSON(parsing: text), list.array != nil { host["Ulimits"] = list }
        return host
    }

    /// The `X-Registry-Config` document (base64url JSON); null when there is none.
    private func registryConfig() -> JSON {
        guard let text = request.headers.first(name: "x-registry-config"), text.utf8.count <= Limit.authBytes,
            let bytes = decodeBase64(text), let config = try? JSON(parsing: bytes)
        else { return .null }
        return config
    }
}
