import BuildProtocol
import CLinux
import Dockerfile
import Fault
import Linux
import Wire

/// A folder that a build may take files from.
package enum BuildFolder: Sendable, Equatable {
    case path(String)
    /// From memory, by their names.
    case files([String: [UInt8]])
}

/// Gives the client's folders, by their names in the build (filesync.proto, FileSync).
struct FolderService: SessionService {
    let methods = ["/moby.filesync.v1.FileSync/DiffCopy"]
    let folders: [String: BuildFolder]

    func answer(_ call: GRPCStream) async throws {
        let request = FileSyncRequest { call.values($0) }
        guard let folder = folders[request.name] else {
            throw GRPCStatus(.notFound, "no access allowed to dir \"\(request.name)\"")
        }
        do {
            let path: String
            switch folder {
            case .files(let files): return try await TextFolder(files).send(over: call)
            case .path(let here): path = here
            }
            let walk = try await onPool {
                let root = try SafeRoot(path: path)
                let wanted = WantedPaths(request, in: root)
                return TreeWalk([("", root)], hidesOwners: true) { wanted.choice($0, isFolder: $1) }
            }
            try await FileSender(walk, call).run()
        } catch let fault as FileSyncFault {
            throw GRPCStatus(.unknown, fault.description)
        } catch let error as KernelError {
            throw GRPCStatus(.unknown, "\(error)")
        }
    }
}

/// Which of a folder's paths a request means.
struct WantedPaths: Sendable {
    /// In parts; empty: all.
    private let included: [[[Character]]]
    private let excluded: IgnoreFile

    /// Reads the folder, for the links in the paths that are followed. Blocking.
    init(_ request: FileSyncRequest, in root: SafeRoot) {
        var patterns = request.includes
        if !request.follows.isEmpty { patterns += FollowedPaths.patterns(request.follows, in: root) ?? ["**"] }
        included = patterns.map { $0.split(separator: "/").map(Array.init) }.filter { !$0.isEmpty }
        excluded = IgnoreFile(patterns: request.excludes)
    }

    func choice(_ path: String, isFolder: Bool) -> TreeWalk.Choice {
        if !included.isEmpty {
            let parts = path.split(separator: "/").map(Array.init)
            let isMatch = included.contains { pattern in
                (1...parts.count).contains { PathPattern.matches(pattern[...], parts[..<$0]) }
            }
            if !isMatch {
                return isFolder && included.contains { Self.mayMatch($0, below: parts) } ? .lookInto : .leave
            }
        }
        guard excluded.excludes(path) else { return .take }
        return isFolder && !excluded.excludesAll(below: path) ? .lookInto : .leave
    }

    private static func mayMatch(_ pattern: [[Character]], below folder: [[Character]]) -> Bool {
        for (part, name) in zip(pattern, folder) {
            if part == ["*", "*"] { return true }
            guard PathPattern.matches(part[...], name[...]) else { return false }
        }
        return pattern.count > folder.count
    }
}

/// Paths with what the symbolic links on them lead to, all inside one folder.
enum FollowedPaths {
    private enum Limit {
        /// Links that one path may lead over, as in the kernel.
        static let links = 40
        /// Paths that patterns stand for.
        static let paths = 10_000
    }

    /// Nil: all of the folder is meant.
    static func patterns(_ paths: [String], in root: SafeRoot) -> [String]? {
        var found: Set<String> = []
        for path in paths {
            let parts = cleaned(path.split(separator: "/").map(String.init))
            if parts.isEmpty { return nil }
            follow([], parts, root, links: 0, &found)
            if found.count > Limit.paths { return nil }
        }
        return found.sorted()
    }

    private static func cleaned(_ parts: [String]) -> [String] {
        var clean: [String] = []
        for part in parts where part != "." {
            if part == ".." { _ = clean.popLast() } else { clean.append(part) }
        }
        return clean
    }

    /// - Parameters:
    ///   - done: parts that are no links.
    ///   - rest: parts that are to be looked at.
    private static func follow(
        _ done: [String], _ rest: [String], _ root: SafeRoot, links: Int, _ found: inout Set<String>
    ) {
        guard let part = rest.first, found.count <= Limit.paths else {
            found.insert(done.joined(separator: "/"))
            return
        }
        let below = Array(rest.dropFirst())
        if part.contains("**") {
            found.insert((done + rest).joined(separator: "/"))
            return
        }
        if PathPattern.isPattern(part) {
            for name in names(done, root)
            where PathPattern.matches(Array(part)[...], Array(name)[...]) {
                follow(done, [name] + below, root, links: links, &found)
            }
            return
        }
        let path = (done + [part]).joined(separator: "/")
        guard links < Limit.links, let target = try? root.readLink("/" + path) else {
            return follow(done + [part], below, root, links: links, &found)
        }
        found.insert(path)
        let parts = target.split(separator: "/").map(String.init)
        let next = cleaned((target.hasPrefix("/") ? [] : done) + parts + below)
        if !next.isEmpty { follow([], next, root, links: links + 1, &found) }
    }

    private static func names(_ folder: [String], _ root: SafeRoot) -> [String] {
        let path = "/" + folder.joined(separator: "/")
        guard let open = try? root.open(path, O_RDONLY | O_DIRECTORY) else { return [] }
        return KernelFile.names(in: open.procPath).sorted()
    }
}
