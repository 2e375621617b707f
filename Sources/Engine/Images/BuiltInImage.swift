import ImageStore
import JSON
import OCI

/// One program as a whole image.
struct BuiltInImage: Sendable {
    /// The program's name, in `hako` and in the image's root.
    let program: String
    var ports: [String] = []
    let repositories: Set<String>
    /// Whether it is used without a registry being asked: a part of this program, or what only it can read.
    var isOwn = false
    /// Folders of the root, with their modes, besides /etc and /tmp.
    var folders: [(path: String, mode: UInt32)] = []
    /// Links of the root: path and target.
    var links: [(path: String, target: String)] = []
    var files: [(path: String, text: String)] = []
    var volumes: [String] = []
    var searchPath = "/"
    let description: String

    static let all = [
        BuiltInImage(
            program: "echoserver", ports: ["8080/tcp"],
            repositories: [
                "registry.k8s.io/echoserver", "k8s.gcr.io/echoserver", "gcr.io/google_containers/echoserver",
                "docker.io/library/echoserver",
            ], description: "built into hako; stands in when the registry can't be reached"),
        BuiltInImage(
            program: "hako-init", repositories: ["registry.k8s.io/pause", "k8s.gcr.io/pause"], isOwn: true,
            description: "built into hako; holds a pod's namespaces"),
        node,
    ]

    /// A cluster's node: the machine's own /usr is mounted into it, so the image is a root without programs.
    private static let node = BuiltInImage(
        program: "hako-init", repositories: ["docker.io/hakobune/node"], isOwn: true,
        folders: [
            ("dev", 0o755), ("proc", 0o555), ("sys", 0o555), ("run", 0o755), ("root", 0o700), ("home", 0o755),
            ("usr", 0o755), ("var", 0o755), ("opt", 0o755), ("mnt", 0o755), ("etc/ssl", 0o755),
            ("etc/ssl/certs", 0o755),
        ],
        links: [
            ("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"),
            ("etc/mtab", "/proc/self/mounts"),
        ],
        files: [
            ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
            ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
            ("etc/os-release", "NAME=\"Hakobune node\"\nID=hakobune\nPRETTY_NAME=\"Hakobune node\"\n"),
        ],
        volumes: ["/var"], searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        description: "built into hako; the root of a cluster's node")

    /// References with a digest name one content, which this isn't.
    static func twin(of reference: Reference) -> BuiltInImage? {
        guard reference.digest == nil else { return nil }
        return all.first { $0.repositories.contains(reference.name) }
    }

    /// Everything in it has the same time, so that the same program gives the same image.
    private static let time = TarEntry.Time(1_767_225_600)
    private static let created = "2026-01-01T00:00:00Z"

    func layer(_ bytes: [UInt8]) -> [UInt8] {
        var tar: [UInt8] = []
        for (path, mode) in [("etc", 0o755), ("tmp", 0o1777)] as [(String, UInt32)] + folders {
            tar += member(TarEntry(path: Array(path.utf8), kind: .directory, mode: mode), [])
        }
        let shell = program == "hako-init" ? "/bin/sh" : "/\(program)"
        let users = "root:x:0:0:root:/:\(shell)\nnobody:x:65534:65534:nobody:/:/bin/false\n"
        for (path, text) in [("etc/passwd", users)] + files {
            let content = Array(text.utf8)
            tar += member(
                TarEntry(path: Array(path.utf8), kind: .regular, mode: 0o644, size: Int64(content.count)), content)
        }
        for (path, target) in links {
            var link = TarEntry(path: Array(path.utf8), kind: .symlink, mode: 0o777)
            link.link = Array(target.utf8)
            tar += member(link, [])
        }
        tar += member(TarEntry(path: Array(program.utf8), kind: .regular, mode: 0o755, size: Int64(bytes.count)), bytes)
        return tar + TarWriter.end
    }

    private func member(_ entry: TarEntry, _ content: [UInt8]) -> [UInt8] {
        var entry = entry
        entry.mtime = Self.time
        return TarWriter.header(entry) + content + [UInt8](repeating: 0, count: TarWriter.padding(Int64(content.count)))
    }

    func config(diffID: Digest) -> JSON {
        var json = Platform.host.json
        json["created"] = .string(Self.created)
        json["config"] = [
            "Env": [.string("PATH=\(searchPath)")], "Entrypoint": [.string("/\(program)")],
            "Labels": ["org.opencontainers.image.description": .string(description)],
        ]
        if !ports.isEmpty { json["config"]["ExposedPorts"] = .object(JSONObject(ports.map { ($0, [:]) })) }
        if !volumes.isEmpty { json["config"]["Volumes"] = .object(JSONObject(volumes.map { ($0, [:]) })) }
        json["rootfs"] = ["type": "layers", "diff_ids": [.string("\(diffID)")]]
        json["history"] = [["created": .string(Self.created), "created_by": "hako (built in)"]]
        return json
    }
}
