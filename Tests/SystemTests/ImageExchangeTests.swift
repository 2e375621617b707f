import Foundation
import TestKit
import Testing

/// Images on their way between us and other programs.
@Suite("Images and other programs", .serialized)
struct ImageExchangeTests {
    private static let hasPodman = FileManager.default.isExecutableFile(atPath: "/usr/bin/podman")

    private func id(_ box: Sandbox, _ image: String) async throws -> String {
        try await box.ok("image", "inspect", "-f", "{{.Id}}", image)
    }

    private func expect(_ box: Sandbox, _ line: String, at place: SourceLocation = #_sourceLocation) async throws
        -> String
    {
        let answer = try await box.shell("cd '\(box.root)' && " + line)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        return answer.out
    }

    @Test("what is saved is read by skopeo, and what skopeo writes is loaded", arguments: Client.available)
    func skopeo(_ client: Client) async throws {
        try await Sandbox.with(client) { box in
            try await box.ok("pull", "-q", "busybox")
            try await box.ok("tag", "busybox", "kept/bb:1")
            _ = try await expect(box, "mkdir x && echo x > x/file && tar c x | docker import - other:2")
            let (busybox, other) = (try await id(box, "busybox"), try await id(box, "other:2"))
            try await box.ok("save", "-o", box.root + "/all.tar", "busybox", "kept/bb:1", "other:2")
            for name in ["busybox:latest", "kept/bb:1", "other:2"] {
                let config = try await expect(
                    box, "skopeo inspect --config --raw docker-archive:all.tar:\(name) | sha256sum")
                #expect("sha256:" + config.prefix(64) == (name.hasPrefix("other") ? other : busybox), "\(name)")
            }
            _ = try await expect(
                box,
                """
                skopeo copy -q docker-archive:all.tar:busybox:latest docker-archive:archive.tar:from/archive:2 &&
                skopeo copy -q docker-archive:all.tar:busybox:latest oci-archive:oci.tar:from/oci:3 &&
                skopeo copy -q docker-archive:all.tar:busybox:latest oci-archive:nameless.tar &&
                gzip -k all.tar && zstd -q -k all.tar
                """)
            _ = try await expect(box, "docker rmi -f $(docker images -q --no-trunc | sort -u)")
            #expect(try await box.ok("images", "-aq") == "")

            #expect(try await box.ok("load", "-i", box.root + "/nameless.tar") == "Loaded image ID: \(busybox)")
            #expect(try await box.ok("load", "-i", box.root + "/archive.tar") == "Loaded image: from/archive:2")
            #expect(try await box.ok("load", "-i", box.root + "/oci.tar") == "Loaded image: from/oci:3")
            for name in ["from/archive:2", "from/oci:3"] { #expect(try await id(box, name) == busybox) }
            _ = try await expect(box, "docker rmi from/archive:2 from/oci:3")
            for packed in ["all.tar.gz", "all.tar.zst"] {
                let loaded = try await expect(box, "docker load < \(packed) | sort")
                #expect(
                    loaded == "Loaded image: busybox:latest\nLoaded image: kept/bb:1\nLoaded image: other:2\n")
                #expect(try await id(box, "kept/bb:1") == busybox)
                _ = try await expect(box, "docker rmi busybox kept/bb:1 other:2")
            }
            _ = try await expect(box, "docker load -q -i all.tar")
            #expect(try await box.ok("run", "--rm", "kept/bb:1", "echo", "still whole") == "still whole")
        }
    }

    @Test("Podman loads what is saved, and what Podman saves is loaded", .enabled(if: hasPodman, "needs podman"))
    func podman() async throws {
        try await Sandbox.with { box in
            try await box.ok("pull", "-q", "busybox")
            let image = try await id(box, "busybox")
            try await box.ok("save", "-o", box.root + "/ours.tar", "busybox")
            let podman =
                "podman --root '\(box.root)/podman' --runroot '\(box.root)/podman-run' --storage-driver vfs --log-level error"
            _ = try await expect(box, "\(podman) load -q -i ours.tar")
            let listed = try await expect(box, "\(podman) images -q --no-trunc | head -1")
            #expect(listed == image + "\n")
            for format in ["docker-archive", "oci-archive"] {
                _ = try await expect(box, "\(podman) save -q --format \(format) -o \(format).tar \(image.dropFirst(7))")
            }
            try await box.ok("rmi", "busybox")
            for format in ["docker-archive", "oci-archive"] {
                #expect(try await box.ok("load", "-i", "\(box.root)/\(format).tar") == "Loaded image ID: \(image)")
                try await box.ok("rmi", image)
            }
            _ = try await expect(box, "\(podman) rmi -f -a; true")
        }
    }

    @Test("system df counts what du counts")
    func diskUsage() async throws {
        try await Sandbox.with { box in
            try await box.ok("pull", "-q", "nginx")
            try await box.ok("pull", "-q", "ubuntu")  // nginx stands on the same layer
            try await box.ok("volume", "create", "vol")
            try await box.ok(
                "run", "--name", "writer", "-v", "vol:/v", "ubuntu", "sh", "-c",
                "head -c 5000000 /dev/zero > /five; head -c 3000000 /dev/zero > /v/three; ln /five /again")
            let usage = try await expect(
                box, "curl -s --unix-socket docker.sock http://d/system/df")
            let json = try #require(try JSONSerialization.jsonObject(with: Data(usage.utf8)) as? [String: Any])
            // Files with several names count once.
            func du(_ folder: String) async throws -> Int {
                let sum = try await expect(
                    box,
                    "find \(folder) -type f -printf '%D:%i %s\\n' | sort -u | awk '{sum += $2} END {print sum + 0}'")
                return Int(sum.dropLast()) ?? -1
            }
            #expect(json["LayersSize"] as? Int == (try await du("data/images/layers")))
            let container = (json["Containers"] as? [[String: Any]])?.first
            #expect(container?["SizeRw"] as? Int == 5_000_000)
            let volume = (json["Volumes"] as? [[String: Any]])?.first?["UsageData"] as? [String: Any]
            #expect(
                volume?["Size"] as? Int == (try await du("data/volumes/vol/_data"))
                    && volume?["Size"] as? Int == 3_000_000)
            #expect(volume?["RefCount"] as? Int == 1)
        }
    }
}
