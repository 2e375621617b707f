/// One of minikube's addons, and why it can't be enabled here.
struct Addon: Sendable {
    let name: String, maintainer: String, refusal: String

    private static let fromOutside = "its images come from outside: install it with `kubectl apply` or helm"
    private static let noVolumes = "persistent volumes aren't in this version yet"
    private static let noDevices = "devices aren't handed on to pods in this version"
    private static let noRegistry = "nodes use the engine's own images, so nothing has to be pushed to them"

    static func named(_ name: String) -> Addon? { all.first { $0.name == name } }

    /// In the alphabet's order, with minikube's maintainers.
    static let all: [Addon] = [
        .init(name: "ambassador", maintainer: "3rd party (Ambassador)", refusal: fromOutside),
        .init(name: "amd-gpu-device-plugin", maintainer: "3rd party (AMD)", refusal: noDevices),
        .init(
            name: "auto-pause", maintainer: "minikube",
            refusal: "a cluster at rest takes next to no processor time; `hako pause` stops it by hand"),
        .init(name: "cloud-spanner", maintainer: "Google", refusal: fromOutside),
        .init(name: "csi-hostpath-driver", maintainer: "Kubernetes", refusal: noVolumes),
        .init(name: "dashboard", maintainer: "Kubernetes", refusal: fromOutside),
        .init(name: "default-storageclass", maintainer: "Kubernetes", refusal: noVolumes),
        .init(name: "efk", maintainer: "3rd party (Elastic)", refusal: fromOutside),
        .init(name: "freshpod", maintainer: "Google", refusal: fromOutside),
        .init(name: "gcp-auth", maintainer: "Google", refusal: fromOutside),
        .init(name: "gvisor", maintainer: "minikube", refusal: "pods have this program's own runtime, and no other"),
        .init(name: "headlamp", maintainer: "3rd party (kinvolk.io)", refusal: fromOutside),
        .init(name: "inaccel", maintainer: "3rd party (InAccel [info@inaccel.com])", refusal: noDevices),
        .init(name: "ingress", maintainer: "Kubernetes", refusal: fromOutside),
        .init(name: "ingress-dns", maintainer: "minikube", refusal: fromOutside),
        .init(
            name: "inspektor-gadget", maintainer: "3rd party (inspektor-gadget.io)", refusal: fromOutside),
        .init(name: "istio", maintainer: "3rd party (Istio)", refusal: fromOutside),
        .init(name: "istio-provisioner", maintainer: "3rd party (Istio)", refusal: fromOutside),
        .init(name: "kong", maintainer: "3rd party (Kong HQ)", refusal: fromOutside),
        .init(name: "kubeflow", maintainer: "3rd party", refusal: fromOutside),
        .init(name: "kubetail", maintainer: "3rd party (kubetail.com)", refusal: fromOutside),
        .init(name: "kubevirt", maintainer: "3rd party (KubeVirt)", refusal: fromOutside),
        .init(name: "logviewer", maintainer: "3rd party (unknown)", refusal: fromOutside),
        .init(
            name: "metallb", maintainer: "3rd party (MetalLB)",
            refusal: "services of type LoadBalancer have an address without it"),
        .init(
            name: "metrics-server", maintainer: "Kubernetes",
            refusal: "the figures of nodes and pods aren't served as an API in this version yet"),
        .init(name: "nvidia-device-plugin", maintainer: "3rd party (NVIDIA)", refusal: noDevices),
        .init(name: "nvidia-driver-installer", maintainer: "3rd party (NVIDIA)", refusal: noDevices),
        .init(name: "nvidia-gpu-device-plugin", maintainer: "3rd party (NVIDIA)", refusal: noDevices),
        .init(name: "olm", maintainer: "3rd party (Operator Framework)", refusal: fromOutside),
        .init(
            name: "pod-security-policy", maintainer: "3rd party (unknown)",
            refusal: "Kubernetes 1.36 has no such policies: label namespaces with pod-security.kubernetes.io/enforce"),
        .init(name: "portainer", maintainer: "3rd party (Portainer.io)", refusal: fromOutside),
        .init(name: "registry", maintainer: "minikube", refusal: noRegistry),
        .init(name: "registry-aliases", maintainer: "3rd party (unknown)", refusal: noRegistry),
        .init(name: "registry-creds", maintainer: "3rd party (UPMC Enterprises)", refusal: noRegistry),
        .init(name: "storage-provisioner", maintainer: "minikube", refusal: noVolumes),
        .init(name: "storage-provisioner-rancher", maintainer: "3rd party (Rancher)", refusal: noVolumes),
        .init(name: "traefik", maintainer: "3rd party (Traefik Labs)", refusal: fromOutside),
        .init(name: "volcano", maintainer: "third-party (volcano)", refusal: fromOutside),
        .init(name: "volumesnapshots", maintainer: "Kubernetes", refusal: noVolumes),
        .init(name: "yakd", maintainer: "3rd party (marcnuri.com)", refusal: fromOutside),
    ]
}
