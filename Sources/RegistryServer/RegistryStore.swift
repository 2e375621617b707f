import CLinux
import Fault
import JSON
import Linux
import NIOConcurrencyHelpers
import OCI

/// Repositories with their blobs, manifests, tags and referrers, as files. All calls block.
final class RegistryStore: Sendable {
    struct Manifest {
        let name: ContentName
        let mediaType: String
        let bytes: [UInt8]
    }

    /// Largest manifest that is taken, in bytes (distribution-spec asks for at least 4 MiB).
    static let manifestBytes = 4 << 20
    private static let typeBytes = 256

    let folders: RegistryFolders
    /// Held while links to contents come and go, so that a content isn't removed while somebody links to it.
    private let links = NIOLock()

    init(_ folders: RegistryFolders) throws {
        self.folders = folders
        try folders.prepare()
    }

    func exists(_ repository: String) -> Bool {
        [folders.blobs(repository), folders.manifests(repository), folders.uploads(repository)].contains {
            RegistryFolders.size($0) != nil
        }
    }

    // MARK: Blobs

    private func link(_ name: ContentName, in repository: String) -> String {
        "\(folders.blobs(repository))/\(name.fileName)"
    }

    /// A blob's file; nil when the repository doesn't have it. A manifest can be had as a blob too.
    func blob(_ name: ContentName, in repository: String) -> String? {
        [link(name, in: repository), manifestFile(name, in: repository)].first { RegistryFolders.size($0) != nil }
    }

    /// Puts a complete, verified, synced file in its place, and the blob into the repository.
    func adopt(_ file: String, as name: ContentName, in repository: String) throws {
        try RegistryFolders.make(folders.blobs(repository))
        try links.withLock {
            if RegistryFolders.size(folders.blob(name)) == nil {
                try kernel("rename", file) { rename(file, folders.blob(name)) }
                try RegistryFolders.sync(folderOf: folders.blob(name))
            } else {
                _ = unlink(file)
            }
            try connect(name, repository)
        }
    }

    /// Puts a content that some repository has into this one.
    /// - Returns: false when nobody has it.
    func mount(_ name: ContentName, from source: String?, in repository: String) throws -> Bool {
        if let source, RegistryFolders.size(link(name, in: source)) == nil { return false }
        guard RegistryFolders.size(folders.blob(name)) != nil else { return false }
        try RegistryFolders.make(folders.blobs(repository))
        do { try links.withLock { try connect(name, repository) } } catch let error as KernelError {
            guard error.errno == ENOENT else { throw error }
            return false
        }
        return true
    }

    private func connect(_ name: ContentName, _ repository: String) throws(KernelError) {
        let path = link(name, in: repository)
        do throws(KernelError) {
            try kernel("link", path) { CLinux.link(folders.blob(name), path) }
            try RegistryFolders.sync(folderOf: path)
        } catch {
            guard error.errno == EEXIST else { throw error }
        }
    }

    /// - Returns: false when the repository doesn't have it.
    func removeBlob(_ name: ContentName, in repository: String) -> Bool {
        links.withLock {
            guard unlink(link(name, in: repository)) == 0 else { return false }
            var status = stat()
            if stat(folders.blob(name), &status) == 0, status.st_nlink == 1 { _ = unlink(folders.blob(name)) }
            return true
        }
    }

    // MARK: Manifests

    private func manifestFile(_ name: ContentName, in repository: String) -> String {
        "\(folders.manifests(repository))/\(name.fileName)"
    }

    private func tagFile(_ tag: String, in repository: String) -> String { "\(folders.tags(repository))/\(tag)" }

    /// - Parameter reference: a tag or a digest.
    func manifest(_ reference: String, in repository: String) throws -> Manifest? {
        guard let name = try name(of: reference, in: repository) else { return nil }
        let file = manifestFile(name, in: repository)
        guard let bytes = try RegistryFolders.read(file, limit: Self.manifestBytes),
            let type = try RegistryFolders.read(file + ".type", limit: Self.typeBytes)
        else { return nil }
        return Manifest(name: name, mediaType: String(decoding: type, as: UTF8.self), bytes: bytes)
    }

    private func name(of reference: String, in repository: String) throws -> ContentName? {
        if let name = ContentName(reference) { return name }
        guard Reference.isTag(reference) else { return nil }
        return try RegistryFolders.read(tagFile(reference, in: repository), limit: Self.typeBytes).flatMap {
            ContentName(String(decoding: $0, as: UTF8.self))
        }
    }

    func hasManifest(_ name: ContentName, in repository: String) -> Bool {
        RegistryFolders.size(manifestFile(name, in: repository)) != nil
    }

    /// - Parameter subject: what the manifest refers to, with how it is listed among those that do.
    func put(
        _ manifest: Manifest, tags: [String], subject: (name: ContentName, descriptor: JSON)?, in repository: String
    ) throws {
        try RegistryFolders.make(folders.manifests(repository))
        let file = manifestFile(manifest.name, in: repository)
        try RegistryFolders.write(Array(manifest.mediaType.utf8), to: file + ".type")
        try RegistryFolders.write(manifest.bytes, to: file)
        if let subject {
            let folder = folders.referrers(repository, of: subject.name)
            try RegistryFolders.make(folder)
            try RegistryFolders.write(subject.descriptor.bytes(), to: "\(folder)/\(manifest.name.fileName)")
        }
        if !tags.isEmpty { try RegistryFolders.make(folders.tags(repository)) }
        for tag in tags {
            try RegistryFolders.write(Array(manifest.name.description.utf8), to: tagFile(tag, in: repository))
        }
    }

    /// Removes a manifest with the tags that name it and its place among referrers; of a tag, the tag alone.
    /// - Returns: false when there is no such thing.
    func removeManifest(_ reference: String, in repository: String) throws -> Bool {
        guard let name = ContentName(reference) else {
            return Reference.isTag(reference) && unlink(tagFile(reference, in: repository)) == 0
        }
        guard let manifest = try manifest(reference, in: repository) else { return false }
        for tag in tags(repository) where try self.name(of: tag, in: repository) == name {
            _ = unlink(tagFile(tag, in: repository))
        }
        if let subject = ((try? JSON(parsing: manifest.bytes))?["subject"]["digest"].string).flatMap({ ContentName($0) }
        ) {
            _ = unlink("\(folders.referrers(repository, of: subject))/\(name.fileName)")
        }
        let file = manifestFile(name, in: repository)
        _ = unlink(file)
        _ = unlink(file + ".type")
        return true
    }

    // MARK: Lists

    func tags(_ repository: String) -> [String] { RegistryFolders.names(in: folders.tags(repository)) }

    func referrers(of subject: ContentName, in repository: String) throws -> [JSON] {
        let folder = folders.referrers(repository, of: subject)
        return try RegistryFolders.names(in: folder).compactMap { name in
            try RegistryFolders.read("\(folder)/\(name)", limit: Self.manifestBytes).flatMap {
                try? JSON(parsing: $0)
            }
        }
    }

    /// All repositories that have something, sorted.
    func catalog() -> [String] {
        var found: [String] = []
        func visit(_ folder: String, _ name: String) {
            if RegistryFolders.size("\(folder)/_manifests") != nil { found.append(name) }
            for part in RegistryFolders.names(in: folder) where !part.hasPrefix("_") {
                visit("\(folder)/\(part)", name.isEmpty ? part : "\(name)/\(part)")
            }
        }
        visit(folders.repositories, "")
        return found.sorted()
    }
}
