import Foundation
import OCI
import TestKit
import Testing

@testable import Registry

private let hasTinyproxy = FileManager.default.isExecutableFile(atPath: "/usr/bin/tinyproxy")

/// An IPv4 address of this machine that isn't loopback, which never takes a proxy; nil where there is none.
private let ownAddress: String? = {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return nil }
    defer { freeifaddrs(first) }
    for item in sequence(first: first, next: { $0?.pointee.ifa_next }) {
        guard let item, let address = item.pointee.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET) else {
            continue
        }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { continue }
        let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if !name.hasPrefix("127.") { return name }
    }
    return nil
}()

@Suite(
    .enabled(if: hasDebianRegistry && hasTinyproxy && ownAddress != nil, "needs docker-registry, tinyproxy, a network"))
struct ProxyTests {
    /// Debian's tinyproxy on loopback; it lets in whoever knows ann's password.
    private func withProxy<T>(in folder: String, _ body: (String, Service) async throws -> T) async throws -> T {
        let port = try freePort()
        let config = """
            Port \(port)
            Listen 127.0.0.1
            Timeout 20
            LogLevel Connect
            MaxClients 20
            BasicAuth ann secret
            """
        try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/proxy.conf"))
        let service = try Service(["tinyproxy", "-d", "-c", folder + "/proxy.conf"], logFile: folder + "/proxy.log")
        defer { service.stop() }
        try await until("the proxy answers: \(service.log)") {
            try await Command.run(["curl", "-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/"]).status == 0
        }
        return try await body("127.0.0.1:\(port)", service)
    }

    private func options(_ proxies: ProxyRules, insecure: String) -> RegistryOptions {
        var options = testOptions()
        options.proxies = proxies
        options.insecure = [insecure]
        return options
    }

    /// Certificate and key for this machine's address; the part of the registry's configuration that names them.
    private func tls(in folder: String, _ host: String) async throws -> String {
        let made = try await Command.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
            "2", "-subj", "/CN=tests", "-addext", "subjectAltName=IP:\(host)", "-keyout", folder + "/tls.key", "-out",
            folder + "/tls.crt",
        ])
        try #require(made.status == 0, "\(made)")
        return "  tls: {certificate: \"\(folder)/tls.crt\", key: \"\(folder)/tls.key\"}"
    }

    @Test("registries are asked through the proxy that the rules name, with its password", arguments: [false, true])
    func throughProxy(_ isSecure: Bool) async throws {
        let host = try #require(ownAddress)
        try await withFolder { folder in
            let extra = isSecure ? try await tls(in: folder, host) : ""
            try await withRegistry(on: host, httpExtra: extra, in: folder) { address in
                try await withProxy(in: folder) { proxy, service in
                    let way = "http://ann:secret@\(proxy)"
                    let reference = try Reference(parsing: "\(address)/base/image:1")
                    let blob = content(200_000, seed: 9)
                    let descriptor = Descriptor(
                        mediaType: MediaType.ociLayerGzip, digest: Digest(of: blob), size: Int64(blob.count))
                    try await withClient(options(ProxyRules(http: way, https: way), insecure: address)) { client in
                        _ = try await client.push(
                            descriptor, to: reference, siblings: [], nil,
                            source: { offset in RegistryClient.source(blob, from: offset) }, progress: { _ in })
                        let got = try await collect(try await client.blob(descriptor, of: reference, from: 0, nil))
                        #expect(got == blob)
                    }
                    let log = service.log
                    #expect(log.contains("CONNECT \(address)"), "\(log)")
                    let lines = log.split(separator: "\n").count

                    // Excepted: the proxy hears nothing of it.
                    let rules = ProxyRules(http: way, https: way, except: "example.org,\(host)")
                    try await withClient(options(rules, insecure: address)) { client in
                        let got = try await collect(try await client.blob(descriptor, of: reference, from: 0, nil))
                        #expect(got == blob)
                    }
                    #expect(service.log.split(separator: "\n").count == lines, "\(service.log)")
                }
            }
        }
    }

    @Test("a proxy that refuses us is told as that")
    func refused() async throws {
        let host = try #require(ownAddress)
        try await withFolder { folder in
            try await withRegistry(on: host, httpExtra: try await tls(in: folder, host), in: folder) { address in
                try await withProxy(in: folder) { proxy, _ in
                    let rules = ProxyRules(http: "http://\(proxy)", https: "http://ann:wrong@\(proxy)")
                    await #expect {
                        try await withClient(options(rules, insecure: address)) {
                            try await $0.manifest(Reference(parsing: "\(address)/base/image:1"), nil)
                        }
                    } throws: {
                        "\($0)".lowercased().contains("proxy authentication required") || "\($0)".contains("401")
                    }
                }
            }
        }
    }
}
