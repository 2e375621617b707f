import CommandLine
import Crypto
import Fault
import Glibc
import JSON
import Wire

/// Docker contexts as the docker client stores them: `contexts/meta/<sha256 of the name>/meta.json`, and TLS files
/// in `contexts/tls/<sha256>/docker/`.
package struct ContextStore: Sendable {
    private let folder: String

    package init(configurationFolder: String) { folder = configurationFolder + "/contexts" }

    /// A named endpoint.
    package struct Entry: Sendable, Equatable {
        package var name: String
        package var description: String
        package var host: String
        package var skipsTLSVerify: Bool
    }

    private static let metaBytes = 1 << 20

    static func id(_ name: String) -> String {
        SHA256.hash(data: Array(name.utf8)).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    package func metaPath(_ name: String) -> String { "\(folder)/meta/\(Self.id(name))/meta.json" }
    package func metaFolder(_ name: String) -> String { "\(folder)/meta/\(Self.id(name))" }
    package func tlsFolder(_ name: String) -> String { "\(folder)/tls/\(Self.id(name))" }

    /// Throws `notFound` in Docker's words.
    package func load(_ name: String) throws -> Entry {
        let bytes: [UInt8]
        do { bytes = try WholeFile.read(metaPath(name), limit: Self.metaBytes) } catch {
            throw Fault(.notFound, "context \"\(name)\": context not found: \(sentence(error))")
        }
        return Self.entry(try JSON(parsing: bytes))
    }

    static func entry(_ meta: JSON) -> Entry {
        Entry(
            name: meta["Name"].string ?? "", description: meta["Metadata", "Description"].string ?? "",
            host: meta["Endpoints", "docker", "Host"].string ?? "",
            skipsTLSVerify: meta["Endpoints", "docker", "SkipTLSVerify"].bool ?? false)
    }

    /// All stored contexts, by name. Folders without a readable description are left out.
    package func list() -> [Entry] {
        let entries = FileNames.all(in: folder + "/meta").compactMap { name -> Entry? in
            let bytes = try? WholeFile.read("\(folder)/meta/\(name)/meta.json", limit: Self.metaBytes)
            return bytes.flatMap { try? JSON(parsing: $0) }.map(Self.entry)
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// A context's description, as it is stored and exported.
    static func meta(_ entry: Entry) -> JSON {
        var metadata: JSON = [:]
        if !entry.description.isEmpty { metadata["Description"] = .string(entry.description) }
        var endpoint: JSON = [:]
        if !entry.host.isEmpty { endpoint["Host"] = .string(entry.host) }
        endpoint["SkipTLSVerify"] = .bool(entry.skipsTLSVerify)
        return ["Name": .string(entry.name), "Metadata": metadata, "Endpoints": ["docker": endpoint]]
    }

    /// Writes a context, new or in place of the one of that name; TLS files that aren't given stay.
    package func save(_ entry: Entry, tls: [(name: String, bytes: [UInt8])]) throws {
        for file in tls {
            try WholeFile.replace("\(tlsFolder(entry.name))/docker/\(file.name)", with: file.bytes, mode: 0o600)
        }
        try WholeFile.replace(metaPath(entry.name), with: Self.meta(entry).bytes(), mode: 0o644)
    }

    package func remove(_ name: String) {
        unlink(metaPath(name))
        rmdir(metaFolder(name))
        removeTLS(name)
    }

    static let tlsNames = ["ca.pem", "cert.pem", "key.pem"]

    func removeTLS(_ name: String) {
        for file in Self.tlsNames { unlink("\(tlsFolder(name))/docker/\(file)") }
        rmdir("\(tlsFolder(name))/docker")
        rmdir(tlsFolder(name))
    }

    /// The context's TLS files with their content.
    func tlsFiles(_ name: String) -> [(name: String, bytes: [UInt8])] {
        Self.tlsNames.compactMap { file in
            (try? WholeFile.read("\(tlsFolder(name))/docker/\(file)", limit: Self.metaBytes)).map { (file, $0) }
        }
    }

    /// The context's TLS files; nil when it has none.
    package func tls(_ entry: Entry) -> TLSFiles? {
        func file(_ name: String) -> String? {
            let path = "\(tlsFolder(entry.name))/docker/\(name)"
            return access(path, R_OK) == 0 ? path : nil
        }
        let (authority, certificate, key) = (file("ca.pem"), file("cert.pem"), file("key.pem"))
        guard authority != nil || certificate != nil || entry.skipsTLSVerify else { return nil }
        return TLSFiles(authority: authority, certificate: certificate, key: key, verify: !entry.skipsTLSVerify)
    }
}
