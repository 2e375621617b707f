import CLinux
import Dockerfile
import Fault
import Linux

/// A place that COPY takes files from: the context, a stage or an image.
package struct SourceTree: Sendable {
    package var root: SafeRoot
    var ignored = IgnoreFile(patterns: [])
    var isContext = false

    package init(root: SafeRoot, ignored: IgnoreFile = IgnoreFile(patterns: []), isContext: Bool = false) {
        self.root = root
        self.ignored = ignored
        self.isContext = isContext
    }
}

/// One thing that COPY takes: a file, or a folder whose content is meant.
struct SelectedSource: Sendable {
    /// As it was found, from the tree's root, without a leading slash.
    var path: String
    var isFolder: Bool
    /// Where it is, links resolved: its folder and its name there (`.` for a folder itself).
    var folder: OwnedDescriptor
    var name: String
    /// The name that it gets in a folder.
    var base: String { path.split(separator: "/").last.map(String.init) ?? "" }
}

extension SourceTree {
    /// All that the pattern names (Go's filepath.Match, `**` for any folders). Throws when nothing is there. Blocking.
    func select(_ pattern: String) throws -> [SelectedSource] {
        let clean = ImageSettings.resolve(pattern, in: "/")
        if !PathPattern.isPattern(clean) {
            guard let found = try find(clean) else { throw notFound(pattern) }
            return [found]
        }
        let parts = clean.split(separator: "/").map(Array.init)
        var found: [SelectedSource] = []
        for path in try expand(parts[...], below: "") { if let source = try find(path) { found.append(source) } }
        guard !found.isEmpty else {
            throw isContext
                ? SourceMissing(
                    path: pattern, fault: Fault(.invalid, "COPY failed: no source files were specified"))
                : notFound(pattern)
        }
        return found
    }

    private func notFound(_ pattern: String) -> SourceMissing {
        let name = pattern.drop { $0 == "/" }
        let fault = Fault(
            .invalid,
            isContext
                ? "COPY failed: file not found in build context or excluded by .dockerignore: stat \(name): file does not exist"
                : "COPY failed: stat \(pattern): file does not exist")
        return SourceMissing(path: pattern, fault: fault)
    }

    /// Nil: nothing there, or it is left out.
    private func find(_ path: String) throws -> SelectedSource? {
        let inner = String(path.drop { $0 == "/" })
        if !inner.isEmpty, ignored.excludesAll(below: inner) { return nil }
        let node: OwnedDescriptor
        do throws(KernelError) { node = try root.open(path, O_PATH) } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        if try node.isFolder {
            return SelectedSource(path: inner, isFolder: true, folder: node, name: ".")
        }
        if ignored.excludes(inner) { return nil }
        let real = try root.resolved(path).innerPath
        let (folder, name) = try root.parent(of: real)
        return SelectedSource(path: inner, isFolder: false, folder: folder, name: name)
    }

    private func expand(_ pattern: ArraySlice<[Character]>, below folder: String) throws -> [String] {
        guard let first = pattern.first else { return [folder] }
        let rest = pattern.dropFirst()
        if !PathPattern.isPattern(String(first)) {
            let path = folder + "/" + String(first)
            return try root.status(path) == nil ? [] : try expand(rest, below: path)
        }
        let node: OwnedDescriptor
        do throws(KernelError) { node = try root.open(folder, O_RDONLY | O_DIRECTORY) } catch { return [] }
        var found: [String] = first == ["*", "*"] ? try expand(rest, below: folder) : []
        for name in KernelFile.names(in: node.procPath).sorted() {
            let path = folder + "/" + name
            if first == ["*", "*"] {
                if try root.status(path, followLast: false)?.isFolder == true {
                    found += try expand(pattern, below: path)
                } else if rest.isEmpty {
                    found.append(path)
                }
            } else if PathPattern.matches(first[...], Array(name)[...]) {
                found += try expand(rest, below: path)
            }
        }
        return found
    }
}

extension SafeRoot {
    /// Where the path leads when its links are followed: on the host, and from this root.
    func resolved(_ inner: String) throws(KernelError) -> (hostPath: String, innerPath: String) {
        let node = try open(inner, O_PATH)
        guard let host = KernelFile.link(node.procPath), let own = KernelFile.link(folder.procPath),
            host == own || host.hasPrefix(own + "/")
        else { throw KernelError(call: "openat2", subject: inner, errno: EXDEV) }
        return (host, "/" + host.dropFirst(own.count + 1))
    }
}
