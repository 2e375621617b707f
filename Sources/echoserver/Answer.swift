import CLinux

/// What is known of the connection a request came over.
struct Peer {
    /// The client's address as text.
    var address: [UInt8]
    /// The port we were asked on.
    var port: Int
}

private func environment(_ name: StaticString) -> [UInt8]? {
    name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) { pointer in
        guard let value = getenv(pointer) else { return nil }
        return (0..<strlen(value)).map { UInt8(bitPattern: value[$0]) }
    }
}

/// The host name: `HOSTNAME` as the engine sets it, else the kernel's.
private func hostName() -> [UInt8] {
    if let name = environment("HOSTNAME") { return name }
    var names = utsname()
    guard uname(&names) == 0 else { return [] }
    return withUnsafeBytes(of: &names.nodename) { Array($0.prefix { $0 != 0 }) }
}

/// The page: section for section what `registry.k8s.io/echoserver:1.10` answers.
func page(for request: Request, _ peer: Peer) -> [UInt8] {
    var out: [UInt8] = []
    out.add("\n\nHostname: ")
    out += hostName()
    out.add("\n\nPod Information:\n")
    if let pod = environment("POD_NAME") {
        out.add("\tnode name:\t")
        out += environment("NODE_NAME") ?? []
        out.add("\n\tpod name:\t")
        out += pod
        out.add("\n\tpod namespace:\t")
        out += environment("POD_NAMESPACE") ?? []
        out.add("\n\tpod IP:\t")
        out += environment("POD_IP") ?? []
        out.add("\n")
    } else {
        out.add("\t-no pod information available-\n")
    }
    out.add("\nServer values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n")
    addRequest(request, peer, to: &out)
    out.add("\nRequest Headers:\n")
    for header in request.headers.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
        out.add("\t")
        out += header.name
        out.add("=")
        out += header.value
        out.add("\n")
    }
    out.add("\nRequest Body:\n")
    if request.body.isEmpty {
        out.add("\t-no body in request-\n")
    } else {
        out += request.body
        out.add("\n")
    }
    out.add("\n")
    return out
}

private func addRequest(_ request: Request, _ peer: Peer, to out: inout [UInt8]) {
    let question = request.target.firstIndex(of: UInt8(ascii: "?"))
    let host = request.header("host") ?? []
    out.add("\nRequest Information:\n\tclient_address=")
    out += peer.address
    out.add("\n\tmethod=")
    out += request.method
    out.add("\n\treal path=")
    out += request.target
    out.add("\n\tquery=")
    if let question { out += request.target[(question + 1)...] }
    out.add("\n\trequest_version=")
    out += request.version
    out.add("\n\trequest_scheme=http\n\trequest_uri=http://")
    out += hostWithoutPort(host)
    out.add(":")
    out += decimal(peer.port)
    out += request.target
    out.add("\n")
}

private func hostWithoutPort(_ host: [UInt8]) -> [UInt8] {
    if let bracket = host.firstIndex(of: UInt8(ascii: "]")) { return Array(host[...bracket]) }
    return Array(host.prefix { $0 != UInt8(ascii: ":") })
}

/// Status line, headers and body of an answer.
func answer(_ status: StaticString, _ body: [UInt8], keepAlive: Bool, withoutBody: Bool = false) -> [UInt8] {
    var out: [UInt8] = []
    out.add("HTTP/1.1 ")
    out.add(status)
    out.add("\r\nServer: echoserver\r\nContent-Type: text/plain\r\nContent-Length: ")
    out += decimal(body.count)
    out.add(keepAlive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n")
    if !withoutBody { out += body }
    return out
}
