import CLinux
import CommandLine
import CoreFoundation
import Fault
import Glibc
import JSON
import KubeClient
import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// A document of a file.
struct Manifest: Sendable {
    let tree: JSON
    /// The file as it was named; `STDIN`.
    let source: String
}

/// Reads manifests: files, folders, standard input, addresses.
struct ManifestReader: Sendable {
    let session: Session

    /// Files of a folder with other endings are left alone.
    private static let endings = [".json", ".yaml", ".yml"]

    func read(_ names: [String], recursive: Bool) async throws -> [Manifest] {
        var manifests: [Manifest] = []
        if names.filter({ $0 == "-" }).count > 1 {
            throw Refusal("standard input cannot be used for multiple arguments")
        }
        for name in names {
            if name == "-" {
                manifests += try documents(try await session.read("-"), source: "STDIN")
            } else if name.hasPrefix("http://") || name.hasPrefix("https://") {
                manifests += try documents(try await download(name), source: name)
            } else {
                for path in try files(name, recursive: recursive) {
                    manifests += try documents(try await session.read(path), source: path)
                }
            }
        }
        return manifests
    }

    func files(_ name: String, recursive: Bool) throws -> [String] {
        var status = stat()
        guard stat(name, &status) == 0 else {
            let found = Self.glob(name)
            guard !found.isEmpty else { throw Refusal("the path \(name.quoted) does not exist") }
            return found
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [name] }
        let all = try Self.entries(name, recursive: recursive)
        guard !all.isEmpty else {
            throw Refusal("error reading [\(name)]: recognized file extensions are [.json .yaml .yml]")
        }
        return all
    }

    private static func glob(_ pattern: String) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [] }
        var result = glob_t()
        defer { globfree(&result) }
        guard Glibc.glob(pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }

    private static func entries(_ folder: String, recursive: Bool) throws -> [String] {
        var all: [String] = []
        for name in try FolderListing.names(folder).sorted() {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                if recursive { all += try entries(path, recursive: true) }
            } else if endings.contains(where: { name.hasSuffix($0) }) {
                all.append(path)
            }
        }
        return all
    }

    private func download(_ address: String) async throws -> [UInt8] {
        let isTLS = address.hasPrefix("https://")
        let rest = address.drop { $0 != ":" }.dropFirst(3)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var host = String(rest[..<slash]), port = isTLS ? 443 : 80
        if let colon = host.lastIndex(of: ":"), let number = Int(host[host.index(after: colon)...]) {
            port = number
            host = String(host[..<colon])
        }
        let client = HTTPClient(.tcp(host: host, port: port), material: isTLS ? TLSMaterial() : nil)
        let answer: HTTPAnswer
        do { answer = try await client.send(.GET, slash == rest.endIndex ? "/" : String(rest[slash...])) } catch {
            throw ConnectionFailure(
                isRefused: false, reason: DialReason.text(error, "\(host):\(port)"), host: "\(host):\(port)")
        }
        guard answer.status.code == 200 else {
            throw Refusal(
                "unable to read URL \(address.quoted), server reported \(answer.status.code) \(answer.status.reasonPhrase), status code=\(answer.status.code)"
            )
        }
        return Array(try await answer.body().readableBytesView)
    }

    // MARK: Documents

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    func documents(_ bytes: [UInt8], source: String) throws -> [Manifest] {
        // Its escapes aren't quite YAML's.
        if bytes.first(where: { !Self.isSpace($0) }) == UInt8(ascii: "{"), let tree = try? JSON(parsing: bytes) {
            return [Manifest(tree: tree, source: source)]
        }
        let trees: [JSON]
        do {
            trees = try YAML.documents(bytes).map(\.value)
        } catch {
            throw Refusal("error parsing \(source): error converting YAML to JSON: \(error)")
        }
        return trees.filter { !$0.isNull }.map { Manifest(tree: $0, source: source) }
    }
}

extension Session {
    /// The objects of files; lists are taken apart.
    func manifests(_ selection: Selection) async throws -> [Manifest] {
        if !selection.kustomize.isEmpty { return try await Kustomization.build(selection.kustomize, self) }
        return try await ManifestReader(session: self).read(selection.filenames, recursive: selection.recursive)
    }

    func selectFiles(_ selection: Selection) async throws -> Selected {
        guard selection.arguments.isEmpty else {
            throw Refusal(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well")
        }
        let manifests = try await manifests(selection)
        guard !manifests.isEmpty else { throw Refusal("no objects passed to \(path.parts(" ").last ?? "")") }
        let names = ResourceNames(try await resources())
        var selected = Selected()
        selected.isSingle = selection.filenames.count == 1 && manifests.count == 1
        let selector = try selection.labels.map { try LabelSelector(parsing: $0) }
        for manifest in manifests.flatMap(Self.flattened) {
            do {
                if selection.validates { try Self.checkKind(manifest) }
                var item = try self.item(of: manifest, names)
                if let selector, !selector.matches(item.object["metadata"]["labels"]) { continue }
                if selection.latest { item.take(try await fetch(item, selection)) }
                selected.items.append(item)
            } catch { selected.errors.append(error) }
        }
        return selected
    }

    private static func checkKind(_ manifest: Manifest) throws {
        let missing = ["apiVersion", "kind"].filter { (manifest.tree[$0].string ?? "").isEmpty }.map { "\($0) not set" }
        guard !missing.isEmpty else { return }
        let text = missing.count == 1 ? missing[0] : "[\(missing.joined(separator: ", "))]"
        throw Refusal(
            "error validating \(manifest.source.quoted): error validating data: \(text); "
                + "if you choose to ignore these errors, turn validation off with --validate=false")
    }

    static func flattened(_ manifest: Manifest) -> [Manifest] {
        guard let kind = manifest.tree["kind"].string, kind.hasSuffix("List"), let items = manifest.tree["items"].array
        else { return [manifest] }
        return items.flatMap { flattened(Manifest(tree: $0, source: manifest.source)) }
    }

    static func kind(of manifest: Manifest) throws -> (kind: String, apiVersion: String) {
        let tree = manifest.tree
        let kind = tree["kind"].string ?? "", apiVersion = tree["apiVersion"].string ?? ""
        guard !kind.isEmpty else {
            throw Refusal(
                "unable to decode \(manifest.source.quoted): Object 'Kind' is missing in '\(tree.withSortedMembers.text)'"
            )
        }
        guard !apiVersion.isEmpty else {
            throw Refusal(
                "unable to decode \(manifest.source.quoted): Object 'apiVersion' is missing in '\(tree.withSortedMembers.text)'"
            )
        }
        return (kind, apiVersion)
    }

    /// The object's place on this server.
    func item(of manifest: Manifest, _ names: ResourceNames) throws -> Item {
        let tree = manifest.tree
        let (kind, apiVersion) = try Self.kind(of: manifest)
        let metadata = tree["metadata"]
        let name = metadata["name"].string ?? ""
        guard let resource = names.find(apiVersion: apiVersion, kind: kind) else {
            throw Refusal(
                "resource mapping not found for name: \(name.quoted) namespace: \((metadata["namespace"].string ?? "").quoted) from \(manifest.source.quoted): no matches for kind \(kind.quoted) in version \(apiVersion.quoted)\nensure CRDs are installed first"
            )
        }
        var item = Item(resource: resource, namespace: "", name: name, object: tree, source: manifest.source)
        guard resource.isNamespaced else { return item }
        let own = try namespace
        let given = metadata["namespace"].string ?? ""
        if options.namespaceGiven, !given.isEmpty, given != own {
            throw Refusal(
                "the namespace from the provided object \(given.quoted) does not match the namespace \(own.quoted). You must pass '--namespace=\(given)' to perform this operation."
            )
        }
        item.namespace = given.isEmpty ? own : given
        item.object["metadata", "namespace"] = .string(item.namespace)
        return item
    }
}
