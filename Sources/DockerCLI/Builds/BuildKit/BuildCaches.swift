import BuildProtocol
import CommandLine
import Fault
import Glibc
import JSON
import OCI

/// Caches that a build takes from and writes to: `--cache-from`, `--cache-to`.
struct BuildCaches: Sendable {
    private(set) var imports: [CacheOption] = []
    private(set) var exports: [CacheOption] = []
    /// Folders of content, by the names under which the daemon asks for them.
    private(set) var stores: [String: String] = [:]
    /// Folders whose index is to name what was written.
    private(set) var written: [(folder: String, tag: String)] = []

    private enum Limit {
        /// Bytes of an index.
        static let index = 4 << 20
    }

    private static let defaultTag = "latest"

    /// - Parameter warn: told of caches that aren't there: the build goes on without.
    init(_ options: BuildOptions, warn: (String) -> Void) throws {
        for text in options.cacheFrom {
            for option in try Self.parse(text) {
                guard option.type == "local" else {
                    imports.append(option)
                    continue
                }
                if let option = try local(from: option, warn) { imports.append(option) }
            }
        }
        for text in options.cacheTo {
            for option in try Self.parse(text) {
                if option.type == "local" {
                    guard let folder = option.attributes["dest"], !folder.isEmpty else {
                        throw Failure("local cache exporter requires dest")
                    }
                    stores["local:" + folder] = HostPath.absolute(folder)
                    written.append((HostPath.absolute(folder), option.attributes["tag"] ?? Self.defaultTag))
                }
                exports.append(option)
            }
        }
    }

    /// Names of images, with commas between them, are caches in registries.
    static func parse(_ text: String) throws(Failure) -> [CacheOption] {
        let parts = CommaFields.split(text)
        if !parts.contains(where: { $0.contains("=") }) {
            return parts.map { CacheOption(type: "registry", attributes: ["ref": $0]) }
        }
        var fields = try BuildFields(text)
        guard let type = fields.take("type"), !type.isEmpty else { throw Failure("type required form> \(text)") }
        return [CacheOption(type: type, attributes: fields.values)]
    }

    private mutating func local(from option: CacheOption, _ warn: (String) -> Void) throws -> CacheOption? {
        var option = option
        guard let folder = option.attributes["src"], !folder.isEmpty else {
            throw Failure("local cache importer requires src")
        }
        let path = HostPath.absolute(folder)
        if option.attributes["digest"] == nil {
            let tag = option.attributes["tag"] ?? Self.defaultTag
            let index: [UInt8]
            do { index = try WholeFile.read(path + "/index.json", limit: Limit.index) } catch {
                warn("local cache import at \(folder) not found due to err: \(sentence(error))")
                return nil
            }
            guard let digest = OCIFolder.digest(tag, in: (try? JSON(parsing: index)) ?? .null) else {
                throw Failure(
                    "local cache importer requires either explicit digest, \"latest\" tag or custom tag on index.json")
            }
            option.attributes["digest"] = digest
        }
        stores["local:" + folder] = path
        return option
    }

    /// Names a manifest in the folders' indexes, so that a later build finds it.
    func name(_ manifest: String?) throws {
        guard let manifest, let top = try? JSON(parsing: manifest), top["digest"].string != nil else { return }
        for (folder, tag) in written { try OCIFolder(path: folder).name(top, tag) }
    }
}

/// A folder in OCI's layout.
struct OCIFolder: Sendable {
    let path: String

    private enum Limit {
        /// Bytes of an index.
        static let index = 4 << 20
    }

    /// Of the manifest that has the tag, or of the only one there is.
    func digest(of tag: String) throws -> String {
        let index = try JSON(parsing: try WholeFile.read(path + "/index.json", limit: Limit.index))
        guard let digest = Self.digest(tag, in: index) else { throw Failure("failed to resolve digest") }
        return digest
    }

    static func digest(_ tag: String, in index: JSON) -> String? {
        let manifests = index["manifests"].array ?? []
        let named = manifests.first { $0["annotations"]["org.opencontainers.image.ref.name"].string == tag }
        return (named ?? (manifests.count == 1 ? manifests[0] : .null))["digest"].string
    }

    /// Puts the manifest into the index under the tag, in place of what had the tag before.
    func name(_ manifest: JSON, _ tag: String) throws {
        var index = (try? JSON(parsing: WholeFile.read(path + "/index.json", limit: Limit.index))) ?? .null
        var manifests = index["manifests"].array ?? []
        manifests.removeAll {
            $0["annotations"]["org.opencontainers.image.ref.name"].string == tag || $0["digest"] == manifest["digest"]
        }
        var entry = manifest
        if entry["annotations"].object == nil { entry["annotations"] = [:] }
        entry["annotations"]["org.opencontainers.image.ref.name"] = .string(tag)
        manifests.append(entry)
        index = ["schemaVersion": 2, "mediaType": .string(MediaType.ociIndex), "manifests": .array(manifests)]
        try WholeFile.replace(path + "/index.json", with: index.bytes(), mode: 0o644)
        try WholeFile.replace(
            path + "/oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), mode: 0o644)
    }
}
