import DockerModel
import Fault
import JSON
import KubeModel
import Linux
import Logging

/// Takes away images that this node's pods brought and nothing uses any more, when their disk fills up.
///
/// The images are the engine's outside, which other nodes and people use, too: what was there before a pod asked for it
/// is never touched. What the pods brought is in a file, since it is to outlive this process.
actor ImageCollector {
    /// Takes an image away by its ID; throws when something outside still needs it.
    typealias Remover = @Sendable (String) async throws -> Void

    private let settings: KubeletSettings
    private let engine: Kubelet.NodeEngine
    private let remover: Remover?
    private let now: @Sendable () -> Double
    private let log: Logger
    /// By ID.
    private var brought: [String: ImageCollection.Image] = [:]
    private var isRead = false

    init(
        _ settings: KubeletSettings, _ engine: Kubelet.NodeEngine, _ remover: Remover?, _ log: Logger,
        now: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.engine = engine
        self.remover = remover
        self.log = log
        self.now = now
    }

    private var file: String { settings.rootFolder + "/brought-images" }

    /// A pod had it brought.
    func add(_ id: String) {
        readOnce()
        guard !id.isEmpty, brought[id] == nil else { return }
        brought[id] = ImageCollection.Image(id: id, detectedAt: now())
        write()
    }

    private func readOnce() {
        guard !isRead else { return }
        isRead = true
        for id in (NodeFiles.read(file) ?? "").split(separator: "\n").map(String.init) where brought[id] == nil {
            brought[id] = ImageCollection.Image(id: id, detectedAt: now())
        }
    }

    private func write() {
        let text = brought.keys.sorted().joined(separator: "\n") + "\n"
        do throws(KernelError) {
            try NodeFiles.makeFolder(settings.rootFolder)
            try KernelFile.replace(file, Array(text.utf8))
        } catch {
            log.warning("which images pods brought can't be kept: \(error)")
        }
    }

    /// Frees what is over the marks. Gives why that wasn't enough; nil: it was, or nothing was to be done.
    func collect(_ level: NodeObservation.Level?) async -> String? {
        guard let level, remover != nil else { return nil }
        let excess = ImageCollection.excess(level, high: settings.imageHighMark, low: settings.imageLowMark)
        guard excess > 0 else { return nil }
        let freed = await free(excess)
        return freed < excess ? ImageCollection.failure(level, freed: freed) : nil
    }

    /// Gives the bytes that were freed.
    @discardableResult
    func free(_ bytes: Int) async -> Int {
        guard let remover else { return 0 }
        readOnce()
        let inUse = await look()
        var freed = 0
        for image in ImageCollection.removals(Array(brought.values), inUse: inUse, bytes: bytes, now: now()) {
            do {
                try await remover(image.id)
                brought[image.id] = nil
                freed += image.size
                log.info("image \(image.id.prefix(19)) went: nothing used it, and its disk is full")
            } catch {
                log.info("image \(image.id.prefix(19)) stays: \(sentence(error))")
            }
        }
        write()
        return freed
    }

    /// Forgets images that are gone, notes which are used now, and gives those.
    private func look() async -> Set<String> {
        let containers =
            (try? await engine.listContainers(all: true, limit: nil, size: false, filters: Filters())) ?? []
        var inUse = Set(containers.map { $0.text("ImageID") })
        for own in containers { for mount in own.list("Mounts") { inUse.insert(mount.text("Source")) } }
        if let pause = try? await engine.inspectImage(settings.sandboxImage, platform: nil) {
            inUse.insert(pause.text("Id"))
        }
        let images =
            (try? await engine.listImages(
                all: false, digests: false, sharedSize: false, manifests: false, filters: Filters())) ?? []
        var kept: [String: ImageCollection.Image] = [:]
        for image in images {
            guard var own = brought[image.text("Id")] else { continue }
            own.size = image["Size"].int ?? 0
            if inUse.contains(own.id) { own.usedAt = now() }
            kept[own.id] = own
        }
        brought = kept
        return inUse
    }
}
