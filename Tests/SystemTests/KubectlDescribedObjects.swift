/// Objects whose descriptions and rows are compared: of each kind some, with much in them. Values that older YAML takes
/// for truth values are quoted.
enum KubectlDescribedObjects {
    /// Resources that are listed and described, as discovery names them.
    static let resources = [
        "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates",
        "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
        "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings",
        "validatingwebhookconfigurations", "customresourcedefinitions", "controllerrevisions", "replicasets",
        "horizontalpodautoscalers", "cronjobs", "jobs", "leases", "endpointslices", "ingressclasses", "ingresses",
        "networkpolicies", "servicecidrs", "runtimeclasses", "poddisruptionbudgets", "clusterrolebindings", "roles",
        "priorityclasses", "csidrivers", "csinodes", "csistoragecapacities", "storageclasses", "volumeattachments",
        "volumeattributesclasses", "ipaddress/10.9.9.9",
    ]

    static let manifest = """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv1, labels: {a: b}}
        spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce, ReadOnlyMany], hostPath: {path: /x, type: Directory}, storageClassName: sc1, persistentVolumeReclaimPolicy: Retain, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b, c]}]}]}}, mountOptions: [ro], claimRef: {namespace: x, name: "y"}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv2}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteMany], nfs: {server: s, path: /p, readOnly: true}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv3}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteMany], csi: {driver: d, volumeHandle: h, fsType: ext4, volumeAttributes: {a: b, c: d}}, volumeMode: Block}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv4}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], local: {path: /l}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}]}}}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: pvc1, annotations: {x: "y"}}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: sc1, selector: {matchLabels: {a: b}}, volumeName: pv1}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: pvc2}
        spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSource: {kind: PersistentVolumeClaim, name: pvc1}}
        ---
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: sc1, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
        provisioner: p
        parameters: {a: b, c: d}
        reclaimPolicy: Delete
        allowVolumeExpansion: true
        mountOptions: [ro, x]
        volumeBindingMode: WaitForFirstConsumer
        allowedTopologies: [{matchLabelExpressions: [{key: z, values: [a, b]}]}]
        ---
        apiVersion: storage.k8s.io/v1
        kind: VolumeAttributesClass
        metadata: {name: vac1}
        driverName: d
        parameters: {a: b}
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: csid}
        spec: {attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: a}]}
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSINode
        metadata: {name: node-one}
        spec: {drivers: [{name: d, nodeID: "n", topologyKeys: [k], allocatable: {count: 3}}]}
        ---
        apiVersion: storage.k8s.io/v1
        kind: VolumeAttachment
        metadata: {name: va1}
        spec: {attacher: d, nodeName: node-one, source: {persistentVolumeName: pv1}}
        ---
        apiVersion: storage.k8s.io/v1
        kind: CSIStorageCapacity
        metadata: {name: cap1}
        storageClassName: sc1
        capacity: 5Gi
        maximumVolumeSize: 1Gi
        nodeTopology: {matchLabels: {a: b}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: np1}
        spec:
          podSelector: {matchLabels: {a: b}, matchExpressions: [{key: x, operator: In, values: ["y", z]}]}
          policyTypes: [Ingress, Egress]
          ingress: [{from: [{podSelector: {matchLabels: {c: d}}}, {namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}, {podSelector: {}, namespaceSelector: {matchLabels: {q: r}}}], ports: [{port: 80}, {port: 90, endPort: 95, protocol: UDP}]}, {}]
          egress: [{to: [{podSelector: {}}]}]
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: np2}
        spec: {podSelector: {}, policyTypes: [Egress]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: np3}
        spec: {podSelector: {}, ingress: []}
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: ing1, annotations: {x: "y"}}
        spec: {ingressClassName: ic1, defaultBackend: {service: {name: s, port: {number: 80}}}, tls: [{hosts: [a.com, b.com], secretName: sec}, {secretName: t}], rules: [{host: a.com, http: {paths: [{path: /x, pathType: Prefix, backend: {service: {name: svc, port: {name: http}}}}, {path: /y, pathType: Exact, backend: {resource: {apiGroup: g, kind: K, name: "n"}}}]}}, {http: {paths: [{pathType: ImplementationSpecific, backend: {service: {name: s2, port: {number: 8080}}}}]}}]}
        ---
        apiVersion: networking.k8s.io/v1
        kind: IngressClass
        metadata: {name: ic1, annotations: {ingressclass.kubernetes.io/is-default-class: "true"}}
        spec: {controller: c/d, parameters: {apiGroup: g, kind: K, name: "n", scope: Namespace, namespace: one}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: IPAddress
        metadata: {name: 10.9.9.9}
        spec: {parentRef: {group: "", resource: services, namespace: one, name: x}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: ServiceCIDR
        metadata: {name: more}
        spec: {cidrs: [10.200.0.0/24, "fd00::/112"]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: es1, labels: {kubernetes.io/service-name: s}}
        addressType: IPv4
        ports: [{name: http, port: 80, protocol: TCP}, {name: x, port: 90, appProtocol: z}]
        endpoints: [{addresses: [10.1.1.1], conditions: {ready: true, serving: true, terminating: false}, hostname: h, nodeName: "n", zone: z, targetRef: {kind: Pod, name: p, namespace: one}}, {addresses: [10.1.1.2], conditions: {ready: false}}]
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: ep1}
        subsets: [{addresses: [{ip: 10.1.1.1}], notReadyAddresses: [{ip: 10.1.1.2}], ports: [{port: 80, name: a}, {port: 90, name: b, protocol: UDP}]}]
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: lb, annotations: {a: b}}
        spec: {type: LoadBalancer, ports: [{name: a, port: 80, targetPort: http}, {name: b, port: 90, protocol: UDP, appProtocol: x}], selector: {x: "y"}, sessionAffinity: ClientIP, externalTrafficPolicy: Local, loadBalancerSourceRanges: [10.0.0.0/8], externalIPs: [1.2.3.4]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: ext}
        spec: {type: ExternalName, externalName: a.b.c}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: headless}
        spec: {clusterIP: None, ports: [{port: 80}], publishNotReadyAddresses: true}
        ---
        apiVersion: v1
        kind: LimitRange
        metadata: {name: lr1}
        spec: {limits: [{type: Container, default: {cpu: 1, memory: 1Gi}, defaultRequest: {cpu: 100m}, max: {cpu: 2}, min: {cpu: 10m}, maxLimitRequestRatio: {cpu: 20}}, {type: PersistentVolumeClaim, max: {storage: 5Gi}}]}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: rq1}
        spec: {hard: {pods: 100, cpu: 2000, requests.memory: 100Gi, count/deployments.apps: 50}, scopes: [NotTerminating]}
        ---
        apiVersion: v1
        kind: ResourceQuota
        metadata: {name: rq2}
        spec: {hard: {pods: 100}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [a, b]}]}}
        ---
        apiVersion: v1
        kind: ReplicationController
        metadata: {name: rc1}
        spec: {replicas: 1, selector: {r: c}, template: {metadata: {labels: {r: c}, annotations: {n: o}}, spec: {containers: [{name: c, image: x}]}}}
        ---
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: rs1}
        spec: {replicas: 1, selector: {matchLabels: {r: s}}, template: {metadata: {labels: {r: s}}, spec: {containers: [{name: c, image: x}], initContainers: [{name: i, image: "y"}]}}}
        ---
        apiVersion: apps/v1
        kind: ControllerRevision
        metadata: {name: cr1}
        revision: 3
        data: {a: b}
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: hpa1}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app}
          minReplicas: 2
          maxReplicas: 5
          metrics:
          - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
          - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}
          - {type: ContainerResource, containerResource: {name: cpu, container: c, target: {type: Utilization, averageUtilization: 60}}}
          - {type: Pods, pods: {metric: {name: m}, target: {type: AverageValue, averageValue: 1k}}}
          - {type: Object, object: {metric: {name: o}, describedObject: {apiVersion: v1, kind: Service, name: s}, target: {type: Value, value: 10}}}
          - {type: External, external: {metric: {name: e, selector: {matchLabels: {a: b}}}, target: {type: AverageValue, averageValue: 5}}}
          behavior: {scaleDown: {stabilizationWindowSeconds: 30, policies: [{type: Pods, value: 4, periodSeconds: 60}, {type: Percent, value: 10, periodSeconds: 60}]}, scaleUp: {selectPolicy: Disabled}}
        ---
        apiVersion: autoscaling/v1
        kind: HorizontalPodAutoscaler
        metadata: {name: hpa2}
        spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app}, maxReplicas: 5}
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: {name: pdb1}
        spec: {maxUnavailable: 30%, selector: {matchLabels: {a: b}}}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: job1}
        spec: {completions: 3, parallelism: 2, backoffLimit: 4, completionMode: Indexed, activeDeadlineSeconds: 100, ttlSecondsAfterFinished: 10, suspend: true, podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator: In, values: [1, 2], containerName: c}}, {action: Ignore, onPodConditions: [{type: DisruptionTarget, status: "True"}]}]}, template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: cj1}
        spec: {schedule: "@daily", timeZone: Etc/UTC, concurrencyPolicy: Forbid, suspend: true, startingDeadlineSeconds: 60, successfulJobsHistoryLimit: 1, jobTemplate: {metadata: {labels: {j: t}}, spec: {completions: 2, parallelism: 1, activeDeadlineSeconds: 5, template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: x, args: [a, b]}]}}}}}
        ---
        apiVersion: scheduling.k8s.io/v1
        kind: PriorityClass
        metadata: {name: pc1}
        value: 1000
        description: some text
        preemptionPolicy: Never
        ---
        apiVersion: node.k8s.io/v1
        kind: RuntimeClass
        metadata: {name: rtc1}
        handler: h
        overhead: {podFixed: {cpu: 10m}}
        scheduling: {nodeSelector: {a: b}}
        ---
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: lease1}
        spec: {holderIdentity: me, leaseDurationSeconds: 10, renewTime: "2026-01-01T00:00:00.000000Z"}
        ---
        apiVersion: v1
        kind: PodTemplate
        metadata: {name: pt1}
        template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}, {name: d, image: "y"}]}}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingWebhookConfiguration
        metadata: {name: vwc1}
        webhooks: [{name: a.b.c, clientConfig: {url: "https://x/y"}, sideEffects: None, admissionReviewVersions: [v1], rules: [], failurePolicy: Ignore}]
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: MutatingWebhookConfiguration
        metadata: {name: mwc1}
        webhooks: []
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicy
        metadata: {name: vap1}
        spec: {matchConstraints: {resourceRules: [{apiGroups: [x], apiVersions: [v1], operations: [CREATE], resources: ["y"]}]}, validations: [{expression: "true"}], paramKind: {apiVersion: v1, kind: ConfigMap}}
        ---
        apiVersion: admissionregistration.k8s.io/v1
        kind: ValidatingAdmissionPolicyBinding
        metadata: {name: vapb1}
        spec: {policyName: vap1, validationActions: [Audit], paramRef: {name: "n", namespace: one, parameterNotFoundAction: Allow}}
        ---
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.example.com}
        spec: {group: example.com, names: {plural: things, kind: Thing, shortNames: [th]}, scope: Namespaced, versions: [{name: v1, served: true, storage: true, additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}, {name: Deep, type: string, jsonPath: .spec.deep, priority: 1}], schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}}]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: role1}
        rules: [{apiGroups: ["", apps], resources: [pods, deployments, deployments/scale], resourceNames: [a, b], verbs: [get, list]}, {apiGroups: [x], resources: ['*'], verbs: ['*']}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: crole1, labels: {a: b}}
        rules: [{nonResourceURLs: [/x, /y], verbs: [get]}]
        aggregationRule: {clusterRoleSelectors: [{matchLabels: {q: r}}]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: crb1}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
        subjects: [{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}, {kind: ServiceAccount, name: s, namespace: "n"}]
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: sa1}
        secrets: [{name: x}, {name: nope}]
        imagePullSecrets: [{name: "y"}]
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: x, annotations: {kubernetes.io/service-account.name: sa1}}
        type: kubernetes.io/service-account-token
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: bin}
        data: {a: "x\\ny\\n", b: ""}
        binaryData: {c: AAEC}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: big, labels: {a: b, c: d}, annotations: {x: "y\\nz", long: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}
        spec:
          priorityClassName: pc1
          nodeSelector: {a: b}
          tolerations: [{key: k, operator: Exists, effect: NoExecute, tolerationSeconds: 5}, {operator: Exists}]
          topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {a: b}}}]
          readinessGates: [{conditionType: x/y}]
          schedulingGates: [{name: g}]
          runtimeClassName: rtc1
          serviceAccountName: sa1
          securityContext: {runAsUser: 1}
          initContainers: [{name: i, image: "y", restartPolicy: Always, command: [a, b], startupProbe: {exec: {command: [x, "y"]}}}]
          containers:
          - {name: c, image: x, ports: [{containerPort: 80, hostPort: 8080, name: h}, {containerPort: 90, protocol: UDP}], env: [{name: A, value: "x\\ny"}, {name: B, valueFrom: {configMapKeyRef: {name: m, key: k, optional: true}}}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: D, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, {name: E, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}], envFrom: [{configMapRef: {name: m}, prefix: P_}, {secretRef: {name: s, optional: true}}], resources: {limits: {cpu: 1, memory: 1Gi, example.com/x: 2}, requests: {cpu: 100m}}, livenessProbe: {httpGet: {path: /x, port: h, scheme: HTTPS, host: q}, periodSeconds: 7}, readinessProbe: {tcpSocket: {port: 80}}, startupProbe: {grpc: {port: 5, service: s}}, volumeMounts: [{name: v1, mountPath: /a, subPath: s, readOnly: true}, {name: v2, mountPath: /b}], volumeDevices: [{name: v3, devicePath: /d}], lifecycle: {preStop: {sleep: {seconds: 1}}}, args: ["a\\nb", c]}
          volumes:
          - {name: v1, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
          - {name: v2, hostPath: {path: /h, type: File}}
          - {name: v3, persistentVolumeClaim: {claimName: pvc1, readOnly: true}}
          - {name: v4, configMap: {name: m, optional: true}}
          - {name: v5, secret: {secretName: s}}
          - {name: v6, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}, {path: r, resourceFieldRef: {containerName: c, resource: limits.cpu}}]}}
          - {name: v7, projected: {sources: [{secret: {name: s}}, {configMap: {name: m}}, {downwardAPI: {items: []}}, {serviceAccountToken: {path: t, expirationSeconds: 700}}, {clusterTrustBundle: {name: ctb, path: p}}]}}
          - {name: v8, nfs: {server: s, path: /p}}
          - {name: v9, csi: {driver: d, volumeAttributes: {a: b}}}
          - {name: v10, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: sc1}}}}
          - {name: v11, image: {reference: i, pullPolicy: Always}}
          - {name: v12, iscsi: {targetPortal: t, iqn: iqn.2001-04.com.example:x, lun: 0, secretRef: {name: x}}}
          - {name: v13, fc: {targetWWNs: [a], lun: 1}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv5}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], iscsi: {targetPortal: "1.2.3.4:3260", iqn: iqn.2001-04.com.example:x, lun: 2, portals: [a, b], secretRef: {name: x, namespace: z}, initiatorName: iqn.2001-04.com.example:q}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: NotIn, values: [c]}]}, {matchFields: [{key: metadata.name, operator: In, values: [q]}]}]}}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv6}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], fc: {wwids: [a]}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv7}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], azureFile: {secretName: a, shareName: b}}
        ---
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: pv8}
        spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], flexVolume: {driver: a/b, options: {c: d}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: np4}
        spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{protocol: UDP}, {port: http}]}], egress: [{to: [{namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}}], ports: []}, {}]}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: big2}
        spec:
          containers: [{name: c, image: x}]
          volumes:
          - {name: v1, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b, c: d}, annotations: {q: r}}, spec: {accessModes: [ReadWriteOnce, ReadOnlyMany], resources: {requests: {storage: 1Gi}}, volumeMode: Block}}}}
          - {name: v2, csi: {driver: d}}
          - {name: v3, iscsi: {targetPortal: t, iqn: iqn.2001-04.com.example:x, lun: 0}}
          - {name: v4, fc: {wwids: [a, b]}}
          - {name: v5, gitRepo: {repository: r, revision: v, directory: q}}
          - {name: v6, cephfs: {monitors: [a, b], path: /p, user: u}}
          - {name: v7, glusterfs: {endpoints: e, path: p}}
          - {name: v8, rbd: {monitors: [a], image: i}}
          - {name: v9, awsElasticBlockStore: {volumeID: v, fsType: ext4, partition: 1}}
          - {name: v10, gcePersistentDisk: {pdName: p}}
          - {name: v11, azureDisk: {diskName: a, diskURI: "https://x.blob.core.windows.net/c/d.vhd"}}
          - {name: v12, azureFile: {secretName: a, shareName: b}}
          - {name: v13, vsphereVolume: {volumePath: p}}
          - {name: v14, cinder: {volumeID: v}}
          - {name: v15, flocker: {datasetName: d}}
          - {name: v16, portworxVolume: {volumeID: v}}
          - {name: v17, scaleIO: {gateway: g, system: s, volumeName: v, secretRef: {name: x}}}
          - {name: v18, storageos: {volumeName: v}}
          - {name: v19, quobyte: {registry: "r:1", volume: v}}
          - {name: v20, flexVolume: {driver: a/b, options: {c: d}}}
          - {name: v21, photonPersistentDisk: {pdID: p}}

        """
}
