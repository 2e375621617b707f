import Fault
import Foundation
import ImageStore
import JSON
import NIOConcurrencyHelpers
import OCI
import Registry
import TestKit
import Testing

@testable import Engine

/// The messages of one pull or push.
final class Messages: Sendable {
    private let all = NIOLockedValueBox<[JSON]>([])
    var sink: @Sendable (JSON) async throws -> Void { { message in self.all.withLockedValue { $0.append(message) } } }
    /// `id: status`, without progress.
    var lines: [String] {
        all.withLockedValue { $0 }.filter { $0["progress"].isNull && $0["aux"].isNull }
            .map { ($0["id"].string.map { "\($0): " } ?? "") + ($0["status"].string ?? "") }
    }
    var json: [JSON] { all.withLockedValue { $0 } }
}

@Suite(.enabled(if: canPull, "needs root and Debian's docker-registry")) struct PullTests {
    @Test("an image comes with Docker's messages, and a second pull finds it up to date")
    func pull() async throws {
        try await RegistryFixture.with { f in
            let layers = [try await f.layer("a", "one"), try await f.layer("b", "two")]
            let digest = try await f.publish("library/nginx:latest", layers)
            let messages = Messages()
            try await f.engine.pullImage("nginx:latest", platform: nil, auth: .null, progress: messages.sink)
            let ids = layers.map { Digest(of: $0.bytes).short }
            #expect(messages.lines.first == "latest: Pulling from library/nginx")
            #expect(Array(messages.lines[1...2]) == ids.map { "\($0): Pulling fs layer" })
            for id in ids {
                let own = messages.lines.filter { $0.hasPrefix(id) }.map { String($0.dropFirst(14)) }
                #expect(own == ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"])
            }
            #expect(
                messages.lines.suffix(2) == ["Digest: \(digest)", "Status: Downloaded newer image for nginx:latest"])
            let image = try await f.engine.images.image("nginx")
            #expect(image.diffIDs == layers.map(\.diffID))
            #expect(image.tags == ["docker.io/library/nginx:latest"])
            #expect(image.repoDigests == ["docker.io/library/nginx@\(digest)"])

            let again = Messages()
            try await f.engine.pullImage("nginx:latest", platform: nil, auth: .null, progress: again.sink)
            #expect(
                again.lines == [
                    "latest: Pulling from library/nginx", "Digest: \(digest)",
                    "Status: Image is up to date for nginx:latest",
                ])
            let event = f.engine.events.subscribe().past.last
            #expect(event?.action == "pull" && event?.actor == "nginx:latest")
        }
    }

    @Test("layers that are here are not fetched again")
    func sharedLayers() async throws {
        try await RegistryFixture.with { f in
            let base = try await f.layer("a", "one")
            try await f.publish("library/base:1", [base])
            try await f.publish("library/app:1", [base, try await f.layer("b", "two")])
            try await f.engine.pullImage("base:1", platform: nil, auth: .null, progress: Messages().sink)
            let messages = Messages()
            try await f.engine.pullImage("app:1", platform: nil, auth: .null, progress: messages.sink)
            #expect(messages.lines[1] == "\(Digest(of: base.bytes).short): Already exists")
        }
    }

    @Test("all tags of a repository come when none is named, and a digest can be named")
    func allTagsAndDigest() async throws {
        try await RegistryFixture.with { f in
            try await f.publish("tools:1", [try await f.layer("a", "one")])
            let digest = try await f.publish("tools:2", [try await f.layer("a", "two")])
            try await f.engine.pullImage("\(f.address)/tools", platform: nil, auth: .null, progress: Messages().sink)
            #expect(
                try await f.engine.images.images().flatMap(\.tags).sorted() == [
                    "\(f.address)/tools:1", "\(f.address)/tools:2",
                ])
            let messages = Messages()
            try await f.engine.pullImage(
                "\(f.address)/tools@\(digest)", platform: nil, auth: .null, progress: messages.sink)
            #expect(messages.lines.first == "\(digest): Pulling from tools")
            #expect(messages.lines.last == "Status: Image is up to date for \(f.address)/tools@\(digest)")
        }
    }

    @Test("many clients that pull one image at once share one transfer")
    func together() async throws {
        try await RegistryFixture.with { f in
            try await f.publish("library/app:1", [try await f.layer("a", String(repeating: "x", count: 1 << 20))])
            let all = (0..<8).map { _ in Messages() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for messages in all {
                    group.addTask {
                        try await f.engine.pullImage("app:1", platform: nil, auth: .null, progress: messages.sink)
                    }
                }
                try await group.waitForAll()
            }
            for messages in all { #expect(messages.lines.last?.hasSuffix(" for app:1") == true) }
            #expect(try await f.engine.images.images().count == 1)
        }
    }

    @Test("what isn't there, and what isn't for this machine, is told in Docker's words")
    func refusals() async throws {
        try await RegistryFixture.with { f in
            let missing = await #expect(throws: Fault.self) {
                try await f.engine.pullImage(
                    "\(f.address)/tools:nope", platform: nil, auth: .null, progress: Messages().sink)
            }
            #expect(missing?.kind == .notFound)
            #expect(
                missing?.message == "manifest for \(f.address)/tools:nope not found: manifest unknown: manifest unknown"
            )
            let bad = await #expect(throws: Fault.self) {
                try await f.engine.pullImage("UPPER", platform: nil, auth: .null, progress: Messages().sink)
            }
            #expect(bad?.kind == .invalid)
        }
    }

    @Test("a layer whose tar isn't the one that the config names is refused and leaves no image")
    func wrongDiffID() async throws {
        try await RegistryFixture.with { f in
            try await f.publish("tools:1", [try await f.layer("a", "one")], wrongDiffIDs: true)
            let error = await #expect(throws: Fault.self) {
                try await f.engine.pullImage(
                    "\(f.address)/tools:1", platform: nil, auth: .null, progress: Messages().sink)
            }
            #expect(error?.kind == .invalid)
            #expect(try await f.engine.images.images().isEmpty)
        }
    }

    @Test("a blob that was bent on the registry's disk is refused, and comes once it is mended")
    func corruptedBlob() async throws {
        try await RegistryFixture.with { f in
            let layer = try await f.layer("a", String(repeating: "text ", count: 10_000))
            try await f.publish("tools:1", [layer])
            let hex = Digest(of: layer.bytes).hex
            let path = "\(f.folder)/registry/docker/registry/v2/blobs/sha256/\(hex.prefix(2))/\(hex)/data"
            var bent = layer.bytes
            bent[bent.count / 2] ^= 0xff
            try Data(bent).write(to: URL(fileURLWithPath: path))
            let error = await #expect(throws: Fault.self) {
                try await f.engine.pullImage(
                    "\(f.address)/tools:1", platform: nil, auth: .null, progress: Messages().sink)
            }
            #expect(error?.kind == .invalid, "\(String(describing: error))")
            try Data(layer.bytes).write(to: URL(fileURLWithPath: path))
            try await f.engine.pullImage("\(f.address)/tools:1", platform: nil, auth: .null, progress: Messages().sink)
        }
    }

    @Test("a client that goes away ends the pull, and the next one brings the image")
    func cancelled() async throws {
        try await RegistryFixture.with { f in
            try await f.publish("tools:1", [try await f.layer("a", "one")])
            struct Gone: Error {}
            await #expect(throws: Gone.self) {
                try await f.engine.pullImage("\(f.address)/tools:1", platform: nil, auth: .null) { _ in throw Gone() }
            }
            try await f.engine.pullImage("\(f.address)/tools:1", platform: nil, auth: .null, progress: Messages().sink)
            #expect(try await f.engine.images.images().count == 1)
        }
    }

    @Test("a push brings the same image to another repository, mounting what the registry has")
    func push() async throws {
        try await RegistryFixture.with { f in
            let layer = try await f.layer("a", "one")
            let digest = try await f.publish("library/app:1", [layer])
            try await f.engine.pullImage(
                "\(f.address)/library/app:1", platform: nil, auth: .null, progress: Messages().sink)
            let image = try await f.engine.images.image("\(f.address)/library/app:1")
            let copy = try Reference(parsing: "\(f.address)/copy:2")
            try await f.engine.images.tag(image.id, as: copy)
            let messages = Messages()
            try await f.engine.pushImage("\(f.address)/copy:2", platform: nil, auth: .null, progress: messages.sink)
            let id = layer.diffID.short
            #expect(
                messages.lines.filter { !$0.contains("digest") } == [
                    "The push refers to repository [\(f.address)/copy]", "\(id): Preparing",
                    "\(id): Mounted from library/app",
                ])
            #expect(messages.lines.last?.hasPrefix("2: digest: \(digest) size: ") == true)
            #expect(messages.json.last?["aux", "Digest"].string == "\(digest)")
            #expect(try await f.engine.registry.manifest(copy, nil).digest == digest)
            let again = Messages()
            try await f.engine.pushImage("\(f.address)/copy", platform: nil, auth: .null, progress: again.sink)
            #expect(again.lines.contains("\(id): Layer already exists"))
            let missing = await #expect(throws: Fault.self) {
                try await f.engine.pushImage(
                    "\(f.address)/copy:3", platform: nil, auth: .null, progress: Messages().sink)
            }
            #expect(missing?.message == "tag does not exist: \(f.address)/copy:3")
        }
    }
}
