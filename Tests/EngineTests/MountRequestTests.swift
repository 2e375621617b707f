import Fault
import JSON
import Testing

@testable import Engine

@Suite struct MountRequestTests {
    private func collect(_ host: JSON, config: JSON = [:]) throws -> [ContainerRecord.MountPoint] {
        try MountRequests.collect(config: config, host: host) { _ in
            var point = ContainerRecord.MountPoint(kind: .volume, destination: "/data")
            point.name = "donated"
            return [point]
        }
    }

    @Test("a source with a slash is a folder of the host's, one without is a volume")
    func kinds() throws {
        let mounts = try collect(["Binds": ["/srv/www/:/var/www:ro", "cache:/var/cache"]])
        #expect(mounts.map(\.kind) == [.volume, .bind])
        #expect(mounts[0].name == "cache" && mounts[0].copiesUp && mounts[0].mode == "z")
        #expect(mounts[1].source == "/srv/www" && !mounts[1].isWritable && mounts[1].mode == "ro")
        #expect(mounts[1].propagation == "rprivate")
    }

    @Test("options are understood together")
    func options() throws {
        let mounts = try collect(["Binds": ["/a:/b:ro,z,rshared", "vol:/c:nocopy"]])
        #expect(mounts[0].propagation == "rshared" && !mounts[0].isWritable)
        #expect(!mounts[1].copiesUp)
    }

    @Test(
        "what Docker refuses is refused in its words",
        arguments: [
            ("/a:/b:xx", "invalid mode: xx"), ("/a:/b:ro,rw", "invalid mode: ro,rw"),
            ("/a:/b:ro:c", "invalid volume specification: '/a:/b:ro:c'"),
            (
                "/a:/",
                "invalid volume specification: '/a:/': invalid mount config for type \"bind\": invalid specification: destination can't be '/'"
            ),
        ])
    func refused(_ bind: String, _ message: String) {
        let fault = #expect(throws: Fault.self) { try collect(["Binds": [.string(bind)]]) }
        #expect(fault?.message == message)
    }

    @Test("a relative path is taken for a volume's name, whose check says what to do")
    func relativePath() {
        let fault = #expect(throws: Fault.self) { try collect(["Binds": ["some/folder:/b"]]) }
        #expect(fault?.message.hasSuffix("If you intended to pass a host directory, use absolute path") == true)
    }

    @Test("two mounts on one path are refused")
    func duplicate() {
        let fault = #expect(throws: Fault.self) {
            try collect(["Binds": ["/a:/b"], "Mounts": [["Type": "tmpfs", "Target": "/b/"]]])
        }
        #expect(fault?.message == "Duplicate mount point: /b")
    }

    @Test("an image's volume gets an anonymous one unless something is mounted there")
    func imageVolumes() throws {
        let mounts = try collect(["Binds": ["named:/data"]], config: ["Volumes": ["/data": [:], "/logs": [:]]])
        #expect(mounts.map(\.destination) == ["/data", "/logs"])
        #expect(mounts.map(\.isAnonymous) == [false, true])
    }

    @Test("a donor's volumes come first, and give way to what is asked for")
    func volumesFrom() throws {
        #expect(try collect(["VolumesFrom": ["other:ro"]]).first?.isWritable == false)
        #expect(try collect(["VolumesFrom": ["other"], "Binds": ["mine:/data"]]).first?.name == "mine")
        let empty = #expect(throws: Fault.self) { try collect(["VolumesFrom": [""]]) }
        #expect(empty?.message == "volumes-from specification cannot be an empty string")
    }

    @Test("a donor's anonymous volume stays one: it goes with the last container that has it")
    func sharedAnonymous() throws {
        let mounts = try MountRequests.collect(config: [:], host: ["VolumesFrom": ["other"]]) { _ in
            var point = ContainerRecord.MountPoint(kind: .volume, destination: "/data")
            point.isAnonymous = true
            return [point]
        }
        #expect(mounts.map(\.isAnonymous) == [true] && mounts.map(\.copiesUp) == [false])
    }

    @Test("names of volumes and parts of them are checked before anything is made")
    func names() {
        for (bind, message) in [
            ("a/b:/x", "create a/b: \"a/b\" includes invalid characters for a local volume name"),
            ("x:/x", "create x: volume name is too short"),
            ("/a:/x:nocopy", "invalid volume specification: '/a:/x:nocopy': invalid mount config for type \"bind\""),
        ] {
            let fault = #expect(throws: Fault.self) { try collect(["Binds": [.string(bind)]]) }
            #expect(fault?.message.hasPrefix(message) == true, "\(bind): \(fault?.message ?? "")")
        }
        for (options, message) in [
            (["Source": "", "VolumeOptions": ["Subpath": "a"]], "must not set Subpath when using anonymous volumes"),
            (
                ["Source": "vol", "VolumeOptions": ["Subpath": "../a"]],
                "subpath must be a relative path within the volume"
            ),
            (["Source": "", "ReadOnly": true], "must not set ReadOnly mode when using anonymous volumes"),
        ] as [(JSON, String)] {
            var mount = options
            mount["Type"] = "volume"
            mount["Target"] = "/x"
            let fault = #expect(throws: Fault.self) { try MountRequests.mount(mount) }
            #expect(fault?.message == "invalid mount config for type \"volume\": " + message)
        }
        let root = #expect(throws: Fault.self) { try collect(["Tmpfs": ["/": ""]]) }
        #expect(root?.message == "invalid specification: destination can't be '/'")
    }

    @Test("--mount takes the options of its own type only")
    func typedOptions() throws {
        let fault = #expect(throws: Fault.self) {
            try MountRequests.mount(["Type": "bind", "Source": "/a", "Target": "/b", "TmpfsOptions": [:]])
        }
        #expect(fault?.message == "invalid mount config for type \"bind\": field TmpfsOptions must not be specified")
        let empty = #expect(throws: Fault.self) { try MountRequests.mount(["Type": "bind", "Target": "/b"]) }
        #expect(empty?.message == "invalid mount config for type \"bind\": field Source must not be empty")
    }

    @Test("an image is mounted read-only, whole or in part; what is no part of it is refused")
    func images() throws {
        var asked: JSON = ["Type": "image", "Source": "busybox", "Target": "/x", "ReadOnly": false]
        var point = try MountRequests.mount(asked)
        #expect(point.kind == .image && point.name == "busybox" && !point.isWritable && point.subpath.isEmpty)
        #expect(ContainerRecord.MountPoint(stored: point.stored) == point)
        asked["ImageOptions"] = ["Subpath": "bin"]
        point = try MountRequests.mount(asked)
        #expect(point.subpath == "bin")
        for (change, message) in [
            (["ImageOptions": ["Subpath": "../bin"]], "subpath must be a relative path within the volume"),
            (["ImageOptions": ["Subpath": "/bin"]], "subpath must be a relative path within the volume"),
            (["Source": ""], "field Source must not be empty"),
            (["BindOptions": ["Propagation": "shared"]], "field BindOptions must not be specified"),
        ] as [(JSON, String)] {
            var wrong = asked
            for (name, value) in change.object ?? JSONObject() { wrong[name] = value }
            let fault = #expect(throws: Fault.self) { try MountRequests.mount(wrong) }
            #expect(fault?.message == "invalid mount config for type \"image\": " + message)
        }
        let other = #expect(throws: Fault.self) {
            try MountRequests.mount(["Type": "tmpfs", "Target": "/b", "ImageOptions": [:]])
        }
        #expect(other?.message == "invalid mount config for type \"tmpfs\": field ImageOptions must not be specified")
    }
}
