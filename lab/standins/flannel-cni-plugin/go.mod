module kubehub/flannel-cni-plugin

go 1.24
