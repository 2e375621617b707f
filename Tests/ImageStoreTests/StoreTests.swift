import CLinux
import Fault
import ImageStore
import JSON
import Linux
import NIOCore
import OCI
import TestKit
import Testing

@Suite(.enabled(if: isRoot)) struct StoreTests {
    private func layer(_ files: [(String, String)], compress: String = "gzip") throws -> (blob: [UInt8], tar: [UInt8]) {
        var tar = TestTar()
        for (path, content) in files { tar.add(path, Array(content.utf8)) }
        let bytes = tar.finished
        guard compress != "cat" else { return (bytes, bytes) }
        var name = Array("/tmp/hako-layer-XXXXXX".utf8CString)
        let file = name.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkstemp($0) } ?? -1 }
        let path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { close(file); unlink(path) }
        try write(bytes, to: path)
        return (try run(compress, "-c", path), bytes)
    }

    @Test(
        "gzip, zstd and plain layers become one image, found by every kind of name", arguments: ["gzip", "zstd", "cat"])
    func registerAndFind(_ compress: String) async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            let image = try await TestImage(layers: [
                layer([("a", "lower"), ("d/.wh.x", "")], compress: compress),
                layer([("a", "upper")], compress: compress),
            ]).store(in: store, as: "nginx", "localhost:5000/web:1")
            #expect(image.tags == ["docker.io/library/nginx:latest", "localhost:5000/web:1"])
            #expect(image.size == 10)
            for name in [
                "nginx", "nginx:latest", "docker.io/library/nginx", "\(image.id)", image.id.hex, image.id.short,
                "localhost:5000/web:1",
            ] {
                #expect(try await store.image(name).id == image.id, "\(name)")
            }
            let digest = Digest(of: [1])
            try await store.addRepoDigest(image.id, Reference(parsing: "nginx@\(digest)"))
            #expect(try await store.image("nginx@\(digest)").id == image.id)
            await #expect(
                performing: { try await store.image("ubuntu") },
                throws: { ($0 as? Fault)?.message == "No such image: ubuntu:latest" })
        }
    }

    @Test("what was written in a root becomes a layer without being unpacked: files, whiteouts, links, its size")
    func takenFolder() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            let base = try await TestImage(layers: [layer([("gone", "x"), ("d/old", "y")])]).store(in: store)
            let lease = store.lease()
            let snapshot = try await store.createSnapshot("build", layers: base.diffIDs)
            try snapshot.mount(isVolatile: true)
            try run(
                "sh", "-c", "rm gone; rm -r d; mkdir d; echo new > d/new; ln d/new d/link; chmod 700 .",
                in: snapshot.merged)
            try snapshot.unmount()
            func archiver() throws -> TreeArchiver {
                var options = TreeArchiver.Options()
                options.whiteouts = true
                options.includesTop = false
                return TreeArchiver(".", in: try OwnedDescriptor.open(snapshot.upper, O_RDONLY | O_DIRECTORY), options)
            }
            let (first, second) = (try archiver(), try archiver())
            let unpacked = try await store.addLayer({ try second.next() }, lease)
            #expect(second.contentBytes == 4, "a file counts once, whatever its names are")
            let sizes = try await store.layerSizes()
            #expect(sizes[unpacked.diffID] == 4)
            // The same again is here already, and the folder stays.
            let again = try await store.addLayer(
                folder: snapshot.upper, { try first.next() }, size: { first.contentBytes }, lease)
            #expect(again.diffID == unpacked.diffID && again.blob == unpacked.blob)
            #expect(try names(snapshot.upper) == ["d", "gone"])
            try run("sh", "-c", "echo more > more", in: snapshot.upper)
            let third = try archiver()
            let taken = try await store.addLayer(
                folder: snapshot.upper, { try third.next() }, size: { third.contentBytes }, lease)
            #expect(taken.diffID != again.diffID && access(snapshot.upper, F_OK) != 0)
            #expect(try await store.layerSizes()[taken.diffID] == 9)
            #expect(try await store.layerBlob(diffID: taken.diffID)?.digest == taken.blob.digest)
            try await store.removeSnapshot("build")
            let over = try await store.createSnapshot("over", layers: base.diffIDs + [taken.diffID])
            try over.mount()
            defer { try? over.unmount() }
            #expect(try names(over.merged) == ["d", "more"] && names(over.merged + "/d") == ["link", "new"])
            #expect(try text(over.merged + "/d/link") == "new\n")
            #expect(lines(try run("stat", "-c", "%a %U", over.lowers[0])) == ["755 root"])
            #expect(lines(try run("stat", "-c", "%h", over.merged + "/d/new")) == ["2"])
            withExtendedLifetime(lease) {}
        }
    }

    @Test("a container's root shows its image's layers, and its changes stay its own")
    func snapshots() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            let image = try await TestImage(layers: [
                layer([("a", "lower"), ("gone", "x"), ("only", "lower")]), layer([("a", "upper"), (".wh.gone", "")]),
            ]).store(in: store)
            let snapshot = try await store.createSnapshot("c1", image: image.id)
            try snapshot.mount()
            defer { try? snapshot.unmount() }
            #expect(try text(snapshot.merged + "/a") == "upper")
            #expect(try text(snapshot.merged + "/only") == "lower")
            #expect(access(snapshot.merged + "/gone", F_OK) != 0)
            try write("mine".utf8, to: snapshot.merged + "/a")
            #expect(try await store.snapshot("c1").lowers == snapshot.lowers)
            try await store.removeSnapshot("c1")
            try await store.removeSnapshot("c1")
            #expect(access(snapshot.upper, F_OK) != 0)
        }
    }

    @Test("as many layers as overlayfs stacks can be mounted")
    func manyLayers() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            var layers: [(blob: [UInt8], tar: [UInt8])] = []
            for index in 0..<300 {
                layers.append(try layer([("f\(index)", "\(index)"), ("top", "\(index)")], compress: "cat"))
            }
            let image = try await TestImage(layers: layers).store(in: store)
            let snapshot = try await store.createSnapshot("many", image: image.id)
            #expect(snapshot.overlayOptions.utf8.count > 4_096, "the test must exceed a page")
            try snapshot.mount()
            defer { try? snapshot.unmount() }
            #expect(try text(snapshot.merged + "/top") == "299")
            #expect(try text(snapshot.merged + "/f0") == "0")
        }
    }

    @Test("wrong bytes are refused, and leave nothing behind")
    func wrongDigests() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            let good = try layer([("a", "x")])
            let descriptor = Descriptor(mediaType: "", digest: Digest(of: good.blob), size: Int64(good.blob.count))
            var bad = good.blob
            bad[bad.count / 2] ^= 1
            await #expect(throws: Fault.self) {
                try await ingest(bad, descriptor, Digest(of: good.tar), store, store.lease())
            }
            await #expect(throws: Fault.self) {
                try await ingest(good.blob, descriptor, Digest(of: [1]), store, store.lease())
            }
            #expect(
                try lines(
                    run(
                        "find", folder + "/layers", folder + "/ingest", folder + "/blobs", "-mindepth", "1", "-not",
                        "-name", "sha256")
                ).isEmpty)
            try await ingest(good.blob, descriptor, Digest(of: good.tar), store, store.lease())
            #expect(try await store.hasLayer(diffID: Digest(of: good.tar), store.lease()))
        }
    }

    @Test("an interrupted layer is resumed from where it stopped, also by a new process")
    func resume() async throws {
        try await withFolder { folder in
            var random = SeededGenerator(seed: 1)
            let noise = String((0..<200_000).map { _ in "abcdefghijklmnop".randomElement(using: &random) ?? "a" })
            let content = try layer([("a", noise)])
            let descriptor = Descriptor(
                mediaType: "", digest: Digest(of: content.blob), size: Int64(content.blob.count))
            let half = content.blob.count / 2
            do {
                let store = try ImageStore(root: folder)
                let first = try #require(
                    try await store.ingestLayer(descriptor, diffID: Digest(of: content.tar), store.lease()))
                #expect(first.offset == 0)
                try await first.write(ByteBuffer(bytes: content.blob[..<half]))
                await first.cancel()
            }
            let store = try ImageStore(root: folder)
            let second = try #require(
                try await store.ingestLayer(descriptor, diffID: Digest(of: content.tar), store.lease()))
            #expect(second.offset == Int64(half))
            try await second.write(ByteBuffer(bytes: content.blob[half...]))
            try await second.finish()
            #expect(try await store.hasLayer(diffID: Digest(of: content.tar), store.lease()))
        }
    }

    @Test("two pulls of one layer at the same time store it once")
    func concurrentIngest() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            let content = try layer([("a", "x")])
            let image = TestImage(layers: [content])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await image.store(in: store, as: "x") } }
                try await group.waitForAll()
            }
            #expect(try StoreCounts(folder) == StoreCounts(layers: 1, blobs: 3))
        }
    }

    @Test("removing an image removes what only it used, but not what a pull or a container counts on")
    func collection() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            let shared = try layer([("base", "b")])
            let one = try await TestImage(layers: [shared, layer([("one", "1")])]).store(in: store, as: "one")
            let two = try await TestImage(layers: [shared, layer([("two", "2")])]).store(in: store, as: "two")
            _ = try await store.createSnapshot("c", image: two.id)
            let removal = try await store.deleteImage(one)
            #expect(removal.layers == [one.chainIDs[1]])
            #expect(try StoreCounts(folder) == StoreCounts(layers: 2, blobs: 4))
            #expect(try await store.deleteImage(two).layers.isEmpty, "the container holds them")
            let lease = store.lease()
            #expect(try await store.hasLayer(diffID: one.diffIDs[0], lease))
            try await store.removeSnapshot("c")
            #expect(try StoreCounts(folder).layers == 1, "the lease holds one")
        }
    }

    @Test("an engine in a container uses the store of the one outside, and holds layers until its container goes")
    func guests() async throws {
        try await withFolder { folder in
            let store = try ImageStore(root: folder + "/host")
            let image = try await TestImage(layers: [layer([("a", "1")])]).store(in: store, as: "x")
            let guest = try ImageStore(
                root: folder + "/host", guest: ImageStoreGuest(owner: "node", folder: folder + "/own"))
            let snapshot = try await guest.createSnapshot("pod", image: try await guest.image("x").id)
            #expect(snapshot.upper == folder + "/own/snapshots/pod/upper")
            #expect(try await store.createSnapshot("c", image: image.id).lowers == snapshot.lowers)
            try await store.removeSnapshot("c")
            _ = try await store.deleteImage(image)
            // Held by the guest alone, whatever it takes away itself, and through a start of either.
            try await guest.removeSnapshot("another")
            try await guest.keepGuests(in: ["pod"])
            try await store.keepGuests(in: ["node", "other"])
            _ = try ImageStore(root: folder + "/host")
            let again = try ImageStore(
                root: folder + "/host", guest: ImageStoreGuest(owner: "node", folder: folder + "/own"))
            #expect(try await again.snapshot("pod").lowers == snapshot.lowers)
            #expect(try contents(snapshot.lowers[0] + "/a") == Array("1".utf8))
            try await store.keepGuests(in: [])
            await #expect(throws: Fault.self) { try await again.snapshot("pod") }
        }
    }

    @Test("a crash at any point leaves a store that opens, and that the next pull completes", arguments: 0..<4)
    func crashes(_ point: Int) async throws {
        try await withFolder { folder in
            let content = try layer([("a", "x")])
            let image = TestImage(layers: [content])
            do {
                let store = try ImageStore(root: folder)
                try await image.store(in: store, as: "x")
                await store.settle()
            }
            // What the disk holds when the process dies between two steps.
            switch point {
            case 0:  // a layer folder without a row
                try run("mkdir", "-p", folder + "/layers/zz/d")
            case 1:  // half-unpacked folders and small temporary files
                try run(
                    "sh", "-c",
                    "mkdir \(folder)/ingest/aa.layer && : > \(folder)/ingest/bb.1.small && : > \(folder)/blobs/sha256/\(Digest(of: [9]).hex)"
                )
            case 2:  // the power failed before the layer's files were on the disk
                try run("sqlite3", folder + "/images.db", "UPDATE layers SET unsynced_boot = 'another'")
                try run("sh", "-c", "for f in \(folder)/layers/*/a; do : > $f; done")
            default:  // the folder is gone, its row is there
                try run("sh", "-c", "rm -r \(folder)/layers/*")
            }
            let store = try ImageStore(root: folder)
            #expect(try StoreCounts(folder).layers == 1)
            let again = try await image.store(in: store, as: "x")
            let snapshot = try await store.createSnapshot("c", image: again.id)
            let file = try #require(snapshot.lowers.first) + "/a"
            #expect(try text(file) == "x")
        }
    }

    @Test(
        "truncated and flipped layers end in an error, never in an image", arguments: ["gzip", "zstd"], Fuzz.seeds(5))
    func damagedStreams(_ compress: String, _ seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let content = try layer([("a", String(repeating: "hello ", count: 3_000)), ("b", "y")], compress: compress)
        try await withFolder { folder in
            let store = try ImageStore(root: folder)
            for _ in 0..<20 {
                var blob = content.blob
                if Bool.random(using: &random) { blob.removeLast(Int.random(in: 1..<blob.count, using: &random)) }
                blob[Int.random(in: 0..<blob.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
                // The blob's own digest fits: what must notice is the decompressor, the tar reader or the diff ID.
                let descriptor = Descriptor(mediaType: "", digest: Digest(of: blob), size: Int64(blob.count))
                let damaged = blob
                try? await ingest(damaged, descriptor, Digest(of: content.tar), store, store.lease(), piece: 97)
                guard try await store.hasLayer(diffID: Digest(of: content.tar), store.lease()) else { continue }
                // Some bits don't matter (a gzip header's time): then the content must be the right one.
                let kept = try #require(try await store.layerBlob(diffID: Digest(of: content.tar)))
                #expect(kept.digest == descriptor.digest)
                return
            }
        }
    }
}

struct StoreCounts: Equatable {
    var layers: Int
    var blobs: Int
    init(layers: Int, blobs: Int) { (self.layers, self.blobs) = (layers, blobs) }
    init(_ folder: String) throws {
        layers = try names(folder + "/layers").count
        blobs = try names(folder + "/blobs/sha256").count
    }
}
