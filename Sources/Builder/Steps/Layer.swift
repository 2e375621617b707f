import DockerModel
import Dockerfile
import Engine
import Fault
import ImageStore
import Linux
import OCI

// Instructions that make a layer: looked up in the cache first, made in a root of their own otherwise.
extension StageRun {
    /// `work` fills the root.
    /// - Parameter description: how the cache's listing calls it; nil: by the step's name.
    func layer(
        _ keys: StepKeys, _ step: BuildStep, history: String, description: String? = nil, _ state: inout StageState,
        _ work: (_ id: String, _ root: SafeRoot) async throws -> Void
    ) async throws {
        let defined = Digest(of: "defined \(state.definition) \(state.platform) \(keys.defined)".utf8)
        let content = keys.content.map { Digest(of: "\(state.chain) \(state.platform) \($0)".utf8) }
        state.definition = "\(defined)"
        if case .define(let finds) = mode {
            return try await define(content, defined, finds: finds, step, history: history, &state)
        }
        guard let whole = content else { throw NotDefined() }
        let images = engine.images
        if usesCache, let found = try await made(whole, step) {
            try await hear(.cached, of: step)
            build.remember(found, defined)
            state.layers.append(found.layer)
            state.created = build.epoch ?? found.created
            return record(history, &state, emptyLayer: false)
        }
        let id = Engine.randomID()
        do {
            try await fill(id, state.layers, work)
            let layer = try await engine.takeLayer(id, build.lease)
            let created = nowNanoseconds()
            let text = description ?? step.name
            try await images.keep(layer, of: whole, description: text, created: created)
            await engine.discardBuildRoot(id)
            build.remember(MadeStep(key: whole, layer: layer, created: created, description: text), defined)
            state.layers.append(layer)
            state.created = build.epoch ?? created
        } catch {
            await engine.discardBuildRoot(id)
            throw error
        }
        record(history, &state, emptyLayer: false)
    }

    /// The root is nobody's when this returns.
    private func fill(
        _ id: String, _ layers: [Digest], _ work: (_ id: String, _ root: SafeRoot) async throws -> Void
    ) async throws {
        let root = try await engine.makeBuildRoot(id, layers: layers)
        try await work(id, root)
    }

    private func define(
        _ content: Digest?, _ defined: Digest, finds: Bool, _ step: BuildStep, history: String,
        _ state: inout StageState
    ) async throws {
        if finds {
            guard let found = try await build.inputs.cache?.step(defined, build.lease) else { throw NotDefined() }
            if let content {
                let text = step.name
                try await engine.images.keep(found.layer, of: content, description: text, created: found.created)
            }
            build.remember(found, defined)
            state.layers.append(found.layer)
            state.created = build.epoch ?? found.created
        }
        try await hear(.cached, of: step)
        record(history, &state, emptyLayer: false)
    }

    /// In the store, or brought from where the build may look.
    private func made(_ key: Digest, _ step: BuildStep) async throws -> MadeStep? {
        let text = step.name
        if let found = try await engine.images.cachedLayer(key, build.lease) {
            return MadeStep(key: key, layer: found.layer, created: found.created, description: text)
        }
        guard let found = try await build.inputs.cache?.step(key, build.lease) else { return nil }
        try await engine.images.keep(found.layer, of: key, description: text, created: found.created)
        return found
    }

    /// WORKDIR: makes the folder.
    func enter(_ path: String, _ step: BuildStep, _ state: inout StageState) async throws {
        guard !path.isEmpty else { throw Fault(.invalid, "WORKDIR requires exactly one argument") }
        state.settings.set(workingFolder: path)
        let folder = state.settings.workingFolder, user = state.settings.user
        let key = Digest(of: "workdir\0\(folder)\0\(user)".utf8)
        try await layer(StepKeys(key), step, history: step.instruction.text, &state) { _, root in
            try await FolderMaking.make(folder, user: user, in: root)
        }
    }
}

/// Of all that decides a step's outcome but what the stage is so far.
struct StepKeys: Sendable {
    /// With the content of what it takes; nil: that isn't known without running other stages.
    var content: Digest?
    /// With what other stages are defined as, in place of what they came to.
    var defined: Digest

    init(content: Digest?, defined: Digest) {
        self.content = content
        self.defined = defined
    }

    /// Of a step that takes nothing from other stages.
    init(_ key: Digest) { self.init(content: key, defined: key) }
}

/// Something would have to run for it to be known.
struct NotDefined: Error {}

enum FolderMaking {
    /// With those above it; what is made belongs to the user.
    static func make(_ path: String, user: String, in root: SafeRoot) async throws {
        try await onPool {
            let owner = try user.isEmpty ? nil : UserLookup.resolve(user, groups: [], in: root)
            try root.makeFolders(path, owner: owner.map { ($0.uid, $0.gid) })
        }
    }
}
