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

        @Test("cron jobs: suspended, one at a time, failing, never; and the suggested changes help")
        func cronJobs() async throws {
            let space = try await OnACluster.space()
            func cronJob(_ name: String, _ command: String, _ spec: String, _ job: String = "") -> String {
                "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: \(name)}\nspec: {\(spec), jobTemplate: "
                    + "{spec: {\(job)template: {spec: {restartPolicy: Never, terminationGracePeriodSeconds: 1, containers: ["
                    + Self.container("c", command) + "]}}}}}\n"
            }
            let often = "schedule: '@every 5s'"
            try await space.apply(
                cronJob("paused", "true", "\(often), suspend: true")
                    + cronJob("slow", "sleep 1000", "\(often), concurrencyPolicy: Forbid")
                    + cronJob(
                        "bad", "echo no database; exit 3", "\(often), concurrencyPolicy: Forbid", "backoffLimit: 0, ")
                    + cronJob("never", "true", "schedule: '0 0 30 2 *'"))
            let flag = " -n \(space.name) --type=merge -p "
            let resume = try await space.expectWhy(
                "cronjob/paused",
                "cronjob/paused is suspended: it starts no jobs, and hasn't run yet. Let it go on.\n\n"
                    + "    kubectl patch cronjob/paused\(flag)'{\"spec\":{\"suspend\":false}}'")
            try await space.run(resume)
            try await space.expectWhy(
                "cj/paused",
                "cronjob/paused ran <any>s ago and its job/paused-<any> succeeded; the next run comes in <any>s.",
                isWell: true)
            let allow = try await space.expectWhy(
                "cronjob/slow",
                "cronjob/slow starts no jobs now: its job/slow-<any> has been running for <any>s. Until it ends, "
                    + "concurrencyPolicy Forbid starts no other one: the run of <any>Z was left out. Let its jobs end before "
                    + "the next is due, or let several run at once.\n\n"
                    + "    kubectl patch cronjob/slow\(flag)'{\"spec\":{\"concurrencyPolicy\":\"Allow\"}}'")
            try await space.run(allow)
            try await until("a second one runs", seconds: 70) {
                try await space.ok("get cronjob slow -o jsonpath='{.status.active[*].name}'").contains(" slow-")
            }
            try await space.expectWhy(
                "cronjob/bad",
                "the last run of cronjob/bad failed: job/bad-<any> has failed for good (BackoffLimitExceeded), and starts "
                    + "nothing again. pod/bad-<any> isn't Ready: its container c ended with exit code 3. Its output ends "
                    + "with: no database The next run comes in <any>s.\n\n"
                    + "    kubectl logs bad-<any> -c c -n \(space.name)")
            try await space.expectWhy(
                "cronjob/never",
                "cronjob/never starts no jobs: no day of the coming years fits its schedule \"0 0 30 2 *\". Correct the day "
                    + "or the month.\n\n    kubectl edit cronjob/never -n \(space.name)")
        }

        @Test("pods that their nodes refuse")
        func refused() async throws {
            let space = try await OnACluster.space()
            func pod(_ name: String, _ more: String, _ container: String) -> String {
                Self.pod(
                    name,
                    "nodeName: minikube-m02\(more), containers: [\(Self.container("c", "sleep 1000", container))]")
            }
            try await space.apply(
                pod("large", "", ", resources: {requests: {cpu: '500'}}")
                    + pod("picky", ", nodeSelector: {disk: fast}", ""))
            try await space.expectWhy(
                "pod/large",
                "pod/large was refused by node minikube-m02 (OutOfcpu): Node didn't have enough resource: cpu, requested: "
                    + "500000, used: <any>, capacity: <any>000. Nothing makes another one: ask for less, or leave the choice "
                    + "of the node to the scheduler.\n\n    kubectl delete pod large -n \(space.name)")
            try await space.expectWhy(
                "pod/picky",
                "pod/picky was refused by node minikube-m02 (NodeAffinity): Predicate NodeAffinity failed: node(s) didn't "
                    + "match Pod's node affinity/selector. Nothing makes another one: leave the choice of the node to the "
                    + "scheduler, without spec.nodeName.\n\n    kubectl delete pod picky -n \(space.name)")
            try await space.tells(
                "Pod/picky",
                "Warning NodeAffinity Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
        }

        @Test("a node that somebody tainted, then cordoned")
        func node() async throws {
            let space = try await OnACluster.space()
            try await space.ok("taint node minikube-m03 dedicated=db:NoSchedule")
            let clear = try await space.expectWhy(
                "node/minikube-m03",
                "node/minikube-m03 is Ready, but takes only pods that tolerate its taint dedicated=db:NoSchedule. Give those "
                    + "pods a toleration that should run there, or let all in.\n\n"
                    + "    kubectl taint node minikube-m03 dedicated=db:NoSchedule-")
            try await space.run(clear)
            try await space.ok("cordon minikube-m03")
            let uncordon = try await space.expectWhy(
                "node/minikube-m03",
                "node/minikube-m03 is cordoned: it takes no new pods, and <any>. Let it take pods again when it may.\n\n"
                    + "    kubectl uncordon minikube-m03")
            try await space.run(uncordon)
            try await space.expectWhy(
                "node/minikube-m03", "node/minikube-m03 is Ready and takes pods.", isWell: true)
        }
    }
}
