// swift-tools-version: 6.1
import PackageDescription

// The layers. A target may name only targets of a lower layer; the loop below refuses anything else,
// and Tests/HouseTests holds the import lines to the same table.
let layers: [String: Int] = [
    "CLinux": 0, "CSeccomp": 0, "CNftables": 0, "CISAL": 0, "CZstd": 0, "CZlib": 0, "CKubeSchema": 0, "CICUData": 0,
    "hako-runtime": 1, "hako-init": 1, "probe": 1, "echoserver": 1, "JSON": 1, "Fault": 1,
    "Protobuf": 1,
    "CommandLine": 2, "Linux": 2, "Wire": 2, "OCI": 2, "DockerModel": 2,
    "Dockerfile": 3, "Registry": 3, "RegistryServer": 3, "ImageStore": 3, "ContainerRuntime": 3, "ContainerNetwork": 3,
    "NameServer": 3, "Compose": 3, "BuildProtocol": 3,
    "KubeModel": 2, "KubeStorage": 2, "KubeClient": 3,
    "BuildClient": 4, "Engine": 4, "KubeAPIServer": 4, "Controllers": 4, "Scheduler": 4, "ServiceProxy": 4,
    "ClusterDNS": 4,
    "Builder": 5, "DockerCLI": 5, "KubectlCLI": 5, "Kubelet": 5,
    "EngineAPI": 6, "BuildKit": 6, "Cluster": 6, "Node": 6, "ComposeCLI": 6,
    "ClusterCLI": 7,
    "hako": 8,
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let httpAndTLS: [Target.Dependency] = [
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let http2: [Target.Dependency] = [
    .product(name: "NIOHTTP2", package: "swift-nio-http2"),
    .product(name: "NIOHPACK", package: "swift-nio-http2"),
    .product(name: "NIOTLS", package: "swift-nio"),
]
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let sqlite = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let houseRules: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// For modules that see CLinux, by themselves or through another: Swift's own Glibc module reads the same headers, and would differ where they ask for this.
let sameHeaders: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-D_GNU_SOURCE"])]

let locks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")

/// A module under Sources/ and, when `tests` is set, its test target under Tests/.
func module(
    _ name: String, _ needs: [String] = [], _ products: [Target.Dependency] = [], tests: Bool = true,
    testNeeds: [Target.Dependency] = []
) -> [Target] {
    let settings =
        houseRules + (needs.contains { ["CLinux", "Linux", "Engine", "Node"].contains($0) } ? sameHeaders : [])
    let target = Target.target(
        name: name, dependencies: needs.map { .target(name: $0) } + products, swiftSettings: settings)
    guard tests else { return [target] }
    return [
        target,
        .testTarget(
            name: "\(name)Tests",
            dependencies: [.target(name: name)] + needs.map { .target(name: $0) } + products + testNeeds,
            swiftSettings: settings),
    ]
}

let systemLibraries: [Target] = [
    .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    .systemLibrary(name: "CNftables", pkgConfig: "libnftables", providers: [.apt(["libnftables-dev"])]),
    .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
]

/// A small static program in Embedded Swift: no runtime to load, no threads, safe between clone and exec.
func embedded(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["CLinux"],
        swiftSettings: [
            .enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-Osize", "-parse-as-library"]),
        ],
        linkerSettings: [.unsafeFlags(["-static-executable"])])
}

var targets: [Target] =
    [
        .target(name: "CLinux"), embedded("hako-runtime"), embedded("hako-init"), embedded("probe"),
        embedded("echoserver"),
    ] + systemLibraries
targets += module("JSON", testNeeds: ["TestKit"])
targets += module("Fault", tests: false)
targets += module("Protobuf")
targets += module(
    "CommandLine", ["JSON", "Fault"], nio + [.product(name: "NIOConcurrencyHelpers", package: "swift-nio")])
targets += module("Linux", ["Fault", "CLinux", "CNftables"])
targets += module(
    "Wire", ["Fault", "JSON", "Protobuf", "CZlib"],
    nio + httpAndTLS + http2 + [
        crypto, log, .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    ], testNeeds: ["TestKit"])
targets += module("OCI", ["Fault", "JSON"], [crypto], testNeeds: ["TestKit"])
targets += module("Dockerfile", ["Fault", "JSON", "CommandLine"], testNeeds: ["TestKit"])
targets += module(
    "BuildProtocol", ["Fault", "JSON", "Protobuf", "Linux", "CLinux", "Wire"], nio + [locks], testNeeds: ["TestKit"])
targets += module(
    "BuildClient",
    [
        "Fault", "JSON", "Protobuf", "Linux", "CLinux", "Wire", "CommandLine", "Dockerfile", "OCI", "BuildProtocol",
    ], nio + [locks, crypto], testNeeds: ["TestKit"])
targets += module("DockerModel", ["Fault", "JSON"], [.product(name: "NIOCore", package: "swift-nio")])
targets += module(
    "Registry", ["Fault", "OCI", "JSON"],
    nio + httpAndTLS + [
        log, .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    ], testNeeds: ["TestKit"])
targets += module(
    "RegistryServer", ["Fault", "OCI", "JSON", "Linux", "CLinux", "Wire"],
    nio + [crypto, log, locks, .product(name: "NIOHTTP1", package: "swift-nio")])
targets += module(
    "ImageStore", ["Fault", "OCI", "JSON", "Linux", "CLinux", "CISAL", "CZstd", "CZlib"],
    nio + [sqlite, crypto, log, .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
    testNeeds: ["TestKit"])
targets += module(
    "ContainerRuntime", ["Fault", "OCI", "JSON", "Linux", "CLinux", "CSeccomp"], nio + [log], testNeeds: ["TestKit"])
targets += module(
    "NameServer", ["Fault", "Wire", "Linux"], nio + [locks], testNeeds: ["TestKit"])
targets += module("ContainerNetwork", ["Fault", "Linux", "CLinux", "JSON"], nio + [log])
targets += module(
    "Engine",
    [
        "Fault", "CommandLine", "DockerModel", "Dockerfile", "OCI", "JSON", "Linux", "CLinux", "Registry", "ImageStore",
        "ContainerRuntime", "ContainerNetwork", "NameServer", "Wire",
    ],
    nio + [sqlite, log, .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
    testNeeds: ["TestKit"])
targets += module(
    "Builder",
    [
        "Fault", "JSON", "Linux", "CLinux", "OCI", "Dockerfile", "DockerModel", "ImageStore", "ContainerRuntime",
        "Engine",
    ],
    nio + [
        crypto, log, locks, .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
    ], testNeeds: ["TestKit"])
targets += module(
    "DockerCLI",
    [
        "Fault", "CommandLine", "DockerModel", "JSON", "Wire", "OCI", "CLinux", "Dockerfile", "Registry",
        "BuildProtocol",
        "BuildClient", "Compose",
    ],
    nio + httpAndTLS + [crypto, .product(name: "NIOConcurrencyHelpers", package: "swift-nio")])
targets += module(
    "Compose", ["Fault", "JSON", "CommandLine"], [crypto, .product(name: "Yams", package: "Yams")],
    testNeeds: ["TestKit"])
targets += module(
    "ComposeCLI", ["Fault", "JSON", "CommandLine", "Compose", "DockerCLI", "DockerModel", "Dockerfile", "OCI", "Wire"],
    nio + httpAndTLS + [locks])
targets += module(
    "EngineAPI", ["Fault", "Engine", "DockerModel", "JSON", "Wire"], nio + httpAndTLS + [log], testNeeds: ["TestKit"])
targets += module(
    "BuildKit",
    [
        "Fault", "JSON", "Linux", "CLinux", "OCI", "Protobuf", "Wire", "DockerModel", "Dockerfile", "ImageStore",
        "Registry", "Engine", "Builder", "BuildProtocol",
    ],
    nio + [crypto, log, locks, .product(name: "NIOHTTP1", package: "swift-nio")], testNeeds: ["TestKit"])
targets += [
    .target(name: "CKubeSchema"),
    .target(name: "CICUData", cSettings: [.define("HAKO_RELEASE", .when(configuration: .release))]),
]
targets += module(
    "KubeModel", ["Fault", "JSON", "Protobuf", "CKubeSchema"], [.product(name: "Yams", package: "Yams")],
    testNeeds: ["TestKit"])
targets += module(
    "KubeStorage", ["Fault"],
    nio + [sqlite, log, crypto, .product(name: "NIOConcurrencyHelpers", package: "swift-nio")],
    testNeeds: ["TestKit", "storagewriter"])
targets += module(
    "KubeClient", ["Fault", "JSON", "Wire", "KubeModel"],
    nio + httpAndTLS + [log, .product(name: "NIOConcurrencyHelpers", package: "swift-nio")], testNeeds: ["TestKit"])
targets += module(
    "KubeAPIServer", ["Fault", "JSON", "Wire", "KubeModel", "KubeStorage", "KubeClient", "CLinux", "CISAL"],
    nio + httpAndTLS + [
        log, crypto, .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
    ], testNeeds: ["TestKit"])
let certificates: [Target.Dependency] = [
    crypto, .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
]
let kube = ["Fault", "JSON", "KubeModel", "KubeClient"]
targets += module(
    "Controllers", kube, [log, locks] + certificates,
    testNeeds: ["TestKit", "KubeAPIServer", .product(name: "NIOPosix", package: "swift-nio")])
targets += module(
    "Scheduler", kube, [log, locks],
    testNeeds: ["KubeAPIServer", .product(name: "NIOPosix", package: "swift-nio")])
targets += module(
    "ServiceProxy", kube + ["Linux", "CLinux", "Wire"],
    nio + [log, locks, .product(name: "NIOHTTP1", package: "swift-nio")])
targets += module(
    "ClusterDNS", kube + ["NameServer", "Wire", "Linux", "CLinux"], nio + [log, locks], testNeeds: ["TestKit"])
targets += module(
    "Kubelet", kube + ["DockerModel", "Wire", "Protobuf", "Linux", "CLinux", "KubeAPIServer", "Scheduler"],
    nio + httpAndTLS + http2 + [log, locks] + certificates,
    testNeeds: ["TestKit", "Engine", "Registry"])
targets += module(
    "KubectlCLI", kube + ["Wire", "CommandLine", "CLinux"], nio + httpAndTLS + [log, locks] + certificates,
    testNeeds: ["TestKit", "KubeAPIServer"])
targets += module(
    "Cluster", kube + ["DockerModel", "DockerCLI", "Wire", "Linux", "CLinux", "CommandLine"],
    nio + httpAndTLS + [log, locks] + certificates,
    testNeeds: ["TestKit"])
targets += module(
    "Node",
    kube + [
        "Controllers", "Scheduler", "ServiceProxy", "ClusterDNS", "Kubelet", "KubeAPIServer", "Engine", "DockerModel",
        "DockerCLI", "ImageStore",
        "ContainerNetwork", "Wire", "Linux", "CLinux",
    ], nio + httpAndTLS + [log, locks] + certificates)
targets += module(
    "ClusterCLI",
    kube + [
        "Cluster", "Controllers", "DockerCLI", "Kubelet", "Linux", "KubectlCLI", "DockerModel", "CommandLine", "Wire",
        "CLinux",
    ],
    nio + httpAndTLS + [log, locks])
targets += [
    .executableTarget(
        name: "hako",
        dependencies: [
            "CICUData", "KubectlCLI", "Cluster", "Node", "ClusterCLI", "KubeClient",
            "DockerCLI", "ComposeCLI", "EngineAPI", "Engine", "Builder", "BuildKit", "ContainerRuntime", "Wire",
            "CommandLine", "JSON", "Fault",
            "Linux",
            "CLinux", "DockerModel", "Registry", "RegistryServer", "ImageStore", "ContainerNetwork", "KubeAPIServer",
            "KubeStorage", log,
        ] + nio,
        exclude: ["exports.map"], swiftSettings: houseRules + sameHeaders,
        linkerSettings: [
            .unsafeFlags(
                [
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/hako/exports.map",
                    // At a fixed address: else each start patches 160,000 pointers, half of its time and 2 MiB of its memory.
                    // Not one of a huge page's, or the kernel maps the program's file whole.
                    "-Xlinker", "-no-pie", "-Xlinker", "-Ttext-segment=0x410000",
                ],
                .when(configuration: .release))
        ]),
    .target(name: "TestKit", path: "Tests/TestKit", swiftSettings: houseRules),
    .testTarget(
        name: "hakoTests",
        dependencies: [
            "hako", "CommandLine", "ContainerNetwork", "Fault", "JSON", "KubeAPIServer", "KubeModel", "Linux", "Wire",
            "Engine", "Registry", "TestKit", log,
        ] + nio,
        swiftSettings: houseRules),
    .testTarget(name: "HouseTests", swiftSettings: houseRules),
    .executableTarget(
        name: "storagewriter",
        dependencies: [
            "KubeStorage", .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            .product(name: "NIOCore", package: "swift-nio"),
        ], path: "Tests/StorageWriter", swiftSettings: houseRules),
    .executableTarget(
        name: "kubeload",
        dependencies: [
            .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "Yams", package: "Yams"),
        ] + nio, path: "Tests/Bench/kubeload", swiftSettings: houseRules),
    .executableTarget(
        name: "podrate",
        dependencies: ["JSON", "KubeAPIServer", "KubeClient", "Scheduler", log, locks] + nio,
        path: "Tests/Bench/podrate", swiftSettings: houseRules),
    .testTarget(
        name: "SystemTests", dependencies: ["JSON", "TestKit"], exclude: ["Python", "Chart"], swiftSettings: houseRules),
]

for target in targets {
    for dependency in target.dependencies {
        let name: String
        switch dependency {
        case .targetItem(let target, _), .byNameItem(let target, _): name = target
        default: continue
        }
        guard let own = layers[target.name], let other = layers[name] else { continue }
        if other >= own {
            fatalError("\(target.name) [\(own)] must not depend on \(name) [\(other)]: imports point downward")
        }
    }
}

let package = Package(
    name: "hakobune",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    ],
    targets: targets,
    swiftLanguageModes: [.v6]
)
