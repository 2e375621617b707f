import CLinux
import Fault
import JSON
import Linux

/// The container that one node is: its document for the engine.
struct NodeContainer: Sendable {
    static let image = "hakobune/node:latest"
    /// Marks containers, networks and volumes of clusters; the value is the profile's name.
    static let label = "io.hakobune.profile"
    /// Where a node finds the engine outside: its images, and its API.
    static let images = "/hako/images", engine = "/hako/engine"
    /// Container paths of what the node keeps.
    static let administrator = "/var/lib/hako/admin.conf"

    let profile: Profile
    let node: Profile.Node
    /// The engine's data root and socket, on the machine.
    let dataRoot: String
    let engineSocket: String
    /// This program, on the machine.
    let program: String
    /// `--token` and the like of nodes that join.
    var joining: [String] = []

    var document: JSON {
        var document: JSON = [
            "Image": .string(Self.image), "Hostname": .string(node.name), "Cmd": .init(command),
            "Tty": false, "StopSignal": "SIGTERM",
            "Labels": [
                Self.label: .string(profile.name),
                "io.hakobune.role": .string(node.isControlPlane ? "control-plane" : "worker"),
            ],
            "HostConfig": hostConfig,
            "NetworkingConfig": [
                "EndpointsConfig": [profile.name: ["IPAMConfig": ["IPv4Address": .string(node.address)]]]
            ],
        ]
        if node.isControlPlane { document["ExposedPorts"] = ["\(Profile.apiPort)/tcp": [:]] }
        return document
    }

    private var command: [String] {
        var words = [
            program, "node", "--name", node.name, "--address", node.address, "--pod-cidr",
            profile.podRange(of: node), "--engine-socket", Self.engine + "/" + socketName,
        ]
        if node.isControlPlane {
            words += ["--control-plane", "--port", "\(Profile.apiPort)"]
            if profile.simulatedNodes > 0 { words += ["--simulated-nodes", "\(profile.simulatedNodes)"] }
        }
        // Since Linux 6.14 a container sees a limit of its own, which is larger than what it gets.
        if let most = KernelFile.line("/proc/sys/kernel/pid_max") { words += ["--process-ids", most] }
        return words + profile.extraConfig.flatMap { ["--extra-config", $0] } + joining
    }

    private var hostConfig: JSON {
        var host: JSON = [
            "Privileged": true, "Init": false, "NetworkMode": .string(profile.name), "CgroupnsMode": "private",
            "RestartPolicy": ["Name": "unless-stopped"],
            "Tmpfs": ["/run": "mode=755", "/tmp": "mode=1777"], "Mounts": .array(mounts),
        ]
        if profile.processors > 0 { host["NanoCpus"] = .init(profile.processors * 1_000_000_000) }
        if profile.memory > 0 { host["Memory"] = .init(profile.memory) }
        return host
    }

    private var mounts: [JSON] {
        var mounts: [JSON] = [
            ["Type": "volume", "Source": .string(node.name), "Target": "/var"],
            Self.bind("/usr", "/usr", isReadOnly: true),
            Self.bind(dataRoot + "/images", Self.images, isReadOnly: false),
            Self.bind(dataRoot + "/images/layers", Self.images + "/layers", isReadOnly: true),
            Self.bind(dataRoot + "/images/blobs", Self.images + "/blobs", isReadOnly: true),
            socketFolder,
        ]
        for path in ["/etc/ssl/certs", "/lib/modules"] where access(path, F_OK) == 0 {
            if path.hasPrefix("/lib/"), Self.isLink("/lib") { continue }
            mounts.append(Self.bind(path, path, isReadOnly: true))
        }
        for folder in HostPrograms.folders(of: program) { mounts.append(Self.bind(folder, folder, isReadOnly: true)) }
        return mounts
    }

    private var socketName: String { engineSocket.split(separator: "/").last.map(String.init) ?? engineSocket }

    /// The folder and not the socket itself: a daemon that starts again makes another one. Without what is mounted in it.
    private var socketFolder: JSON {
        var folder = Self.bind(String(engineSocket.dropLast(socketName.count + 1)), Self.engine, isReadOnly: true)
        folder["BindOptions"] = ["NonRecursive": true]
        return folder
    }

    private static func isLink(_ path: String) -> Bool {
        var information = stat()
        return lstat(path, &information) == 0 && information.st_mode & mode_t(S_IFMT) == mode_t(S_IFLNK)
    }

    private static func bind(_ source: String, _ target: String, isReadOnly: Bool) -> JSON {
        var mount: JSON = ["Type": "bind", "Source": .string(source), "Target": .string(target)]
        if isReadOnly { mount["ReadOnly"] = true }
        return mount
    }
}

/// Folders outside /usr that a node needs to run the machine's programs.
enum HostPrograms {
    /// Folders that nodes have of their own: of these only the files.
    private static let own: Set<String> = ["/tmp", "/run"]

    /// Where this program is, and the libraries that it runs with.
    static func folders(of program: String) -> [String] {
        var files = [program]
        let maps = (try? KernelFile.read("/proc/self/maps")) ?? ""
        for line in maps.split(separator: "\n") {
            guard let slash = line.firstIndex(of: "/"), line.contains("x") else { continue }
            files.append(String(line[slash...]))
        }
        var folders = Set(
            files.map { file in
                let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
                return own.contains(folder) ? file : folder
            })
        folders = folders.filter { folder in
            !folder.isEmpty && !["/usr/", "/lib", "/bin/", "/sbin/", "/dev/"].contains { (folder + "/").hasPrefix($0) }
        }
        // A machine whose /lib is no link into /usr keeps its libraries there.
        for folder in ["/lib", "/lib64"] {
            var information = stat()
            if lstat(folder, &information) == 0, information.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
                folders.insert(folder)
            }
        }
        return folders.sorted()
    }
}
