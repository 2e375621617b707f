import CLinux
import Dockerfile
import Engine
import Fault
import ImageStore
import Linux
import OCI

/// A tree that somebody copies from, and what has to be unmounted afterwards.
struct BorrowedTree: Sendable {
    let tree: SourceTree
    let release: @Sendable () async -> Void
}

extension StageRun {
    /// `from` nil: the context; else a stage or an image.
    func tree(from name: String?, _ step: BuildStep) async throws -> BorrowedTree {
        guard let name else {
            return BorrowedTree(tree: try await build.inputs.context(for: step), release: {})
        }
        let layers: [Digest]
        switch build.inputs.named(name) {
        case .tree(let load): return BorrowedTree(tree: try await load(), release: {})
        case .built(let load): layers = try await load().layers
        case .image(let other): layers = try await borrow(other, .context(name), step).diffIDs
        case nil: layers = try await self.layers(of: name, step)
        }
        let id = Engine.randomID(), engine = engine
        do {
            let root = try await engine.makeBuildRoot(id, layers: layers)
            return BorrowedTree(tree: SourceTree(root: root), release: { await engine.discardBuildRoot(id) })
        } catch {
            await engine.discardBuildRoot(id)
            throw error
        }
    }

    private func layers(of name: String, _ step: BuildStep) async throws -> [Digest] {
        if let index = file.stage(name, before: stage.index), let task = needed[index] {
            return try await task.value.layers
        }
        guard name != "scratch" else {
            throw Fault(.invalid, "invalid from flag value scratch: it has no files")
        }
        return try await borrow(name, .borrowed, step).diffIDs
    }

    /// An image with a line of its own.
    private func borrow(_ name: String, _ line: BuildStep.Line, _ step: BuildStep) async throws -> Image {
        let shown = line == .borrowed ? try Reference(parsing: name).withDefaultTag.canonical : name
        var base = step
        (base.instruction, base.line, base.title) = (file.stages[stage.index].from, line, "FROM \(shown)")
        base.isBorrowed = true
        try await hear(.began, of: base)
        do {
            let image = try await image(name, platform: nil, base)
            try await hear(.ended(image.id), of: base)
            return image
        } catch {
            try? await hear(.failed(error), of: base)
            throw error
        }
    }
}

/// Which files below a source are left out.
enum Filter {
    /// Paths are given as the archive names them: from the source itself.
    static func leavingOut(_ ignored: IgnoreFile, below source: SelectedSource) -> (@Sendable (String, Bool) -> Bool)? {
        if ignored.isEmpty { return nil }
        let prefix = source.path.isEmpty ? "" : source.path + "/"
        guard source.isFolder else { return nil }
        return { path, isFolder in
            let inner = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
            let whole = prefix + inner
            return isFolder ? ignored.excludesAll(below: whole) : ignored.excludes(whole)
        }
    }
}
