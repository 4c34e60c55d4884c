module kubehub/image-awaiter

go 1.24
