import TestKit
import Testing

extension OnACluster {
    /// What a newcomer asks `hako why`, and what it says on a real cluster.
    @Suite("hako why", .serialized)
    struct WhySystemTests {
        private static func pod(_ name: String, _ spec: String) -> String {
            "---\napiVersion: v1\nkind: Pod\nmetadata: {name: \(name)}\nspec: {\(spec)}\n"
        }

        private static func container(_ name: String, _ command: String, _ more: String = "") -> String {
            "{name: \(name), image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, \"\(command)\"]\(more)}"
        }

        @Test("a name that DNS doesn't know, a failing init container, and a program that isn't there")
        func outputs() async throws {
            let space = try await OnACluster.space()
            try await space.apply(
                Manifest.service("redis-mastr")
                    + Self.pod(
                        "client",
                        "containers: [\(Self.container("c", "wget -q -O- http://redis-master/ || exit 1"))]")
                    + Self.pod(
                        "init",
                        "initContainers: [\(Self.container("setup", "echo no database; exit 3"))], "
                            + "containers: [\(Self.container("c", "sleep 1000"))]")
                    + Self.pod(
                        "program",
                        "containers: [{name: c, image: busybox, imagePullPolicy: IfNotPresent, command: [ngnix]}]"))
            try await space.expectWhy(
                "pod/client",
                "pod/client isn't Ready: its container c keeps ending with exit code 1, restarted <any>. It looks for "
                    + "redis-master, and namespace \(space.name) has no service called redis-master. The service "
                    + "redis-mastr may be meant: correct the name.\n\n"
                    + "    kubectl logs client -c c --previous -n \(space.name)")
            try await space.expectWhy(
                "pod/init",
                "pod/init isn't Ready: its init container setup keeps ending with exit code 3, restarted <any>. Its "
                    + "output ends with: no database\n\n"
                    + "    kubectl logs init -c setup --previous -n \(space.name)")
            try await space.expectWhy(
                "pod/program",
                "pod/program isn't Running: its container c can't be started<any>: its image busybox has no program "
                    + "ngnix. Correct the container's command, or take an image that has it.\n\n"
                    + "    kubectl edit pod/program -n \(space.name)")
        }

        @Test("a claim that isn't bound, a volume that outgrew its limit, and a secret for a registry that isn't there")
        func storage() async throws {
            let space = try await OnACluster.space()
            let claim =
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
                + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
            let mount = ", volumeMounts: [{name: v, mountPath: /v}]"
            try await space.apply(
                claim
                    + Self.pod(
                        "db",
                        "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}], "
                            + "containers: [\(Self.container("c", "sleep 1000", mount))]")
                    + Self.pod(
                        "writer",
                        "terminationGracePeriodSeconds: 1, volumes: [{name: v, emptyDir: {sizeLimit: 5Mi}}], containers: ["
                            + Self.container(
                                "c", "dd if=/dev/zero of=/v/x bs=1M count=8 2>/dev/null; exec sleep 1000", mount) + "]")
                    + Self.pod(
                        "private",
                        "imagePullSecrets: [{name: regcred}], "
                            + "containers: [{name: c, image: 'localhost:1/private/app:1'}]"))
            try await space.expectWhy(
                "pod/db",
                "pod/db is Pending: its volume v wants persistentvolumeclaim/data, which isn't bound: no volume has been "
                    + "made for it, and it names no storage class that would make one. Make a PersistentVolume of 1Gi or "
                    + "more for it; a pod that needs no lasting storage takes an emptyDir volume instead.\n\n"
                    + "    kubectl describe pvc data -n \(space.name)")
            try await space.expectWhy(
                "pod/writer",
                "pod/writer was evicted: its emptyDir volume v grew beyond its sizeLimit of 5Mi. Raise the sizeLimit, or "
                    + "have the program write less. Nothing makes another one: delete it and create it again.\n\n"
                    + "    kubectl delete pod writer -n \(space.name)")
            try await space.expectWhy(
                "pod/private",
                "pod/private isn't Running: the image localhost:1/private/app:1 of its container c can't be pulled (<any>), "
                    + "and the secret regcred that the pod names for its registry doesn't exist in namespace "
                    + "\(space.name). Create it.\n\n    kubectl create secret docker-registry regcred -n \(space.name) "
                    + "--docker-server=localhost:1 --docker-username=USER --docker-password=PASSWORD")
        }
    }
}
