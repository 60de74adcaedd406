# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/aws" {
  version     = "6.25.0"
  constraints = "6.25.0"
  hashes = [
    "h1:+hGrZFOwhO5Wa60cy9tntT0qkBf81rHJIF2ErJ5JkQg=",
    "h1:0XEc9eHELD/BtPNybqkzzaS3bYp2HSv9LwAfaGyCpOU=",
    "h1:4/MVfJTHXMUw0znz+eTdWdScMZkLiMZ0IkY4wPzx5Bc=",
    "h1:5Y+OtKRotuCIjbVW6rYrGIU1u8+zK5zyvar9t7L6aqc=",
    "h1:67vo1NVFcVzi0BcCd7uEOc5thGm22JE7xb7ph/XwUxI=",
    "h1:PQ3jzG6VNrfS35adtrBeLnVTnJef3f2t5SUV7XNikgo=",
    "h1:QAcpv9yoqEtVaBVyQ3hHsTc558AchV5/8lfAGoqmUkA=",
    "h1:QJEljz77aB459tng0v+5xIdV6mkmCM4RZO6ztk3pOEA=",
    "h1:RB3r7K1PgJ6S3J0l4u5/nB7G/inM2goPWY+QHesxuGo=",
    "h1:UT4pxGbPuANnxyCeDn5/Ybr476EkyxcsYsU+q0iYt/Q=",
    "h1:Uv/PPkYgnjKcsesOVWiTHaY/1R5/OgH1UYnXvtu0K58=",
    "h1:XuB0R/84+T3iEUVh5EHBQ+P+FdmgrC9DxQ0BmaNttS0=",
    "h1:p/zt5FRJNZg6oqJmh+ZCMx/Fn7kjefz1sCdbZaarunw=",
    "h1:v9FRXpj8ZndNpDmiJX3mDwGvGw8WMCatv/7vlp50U2E=",
    "zh:0f9621f719ec2051eabb94ca59aa4f13574487fbc1517b183293431c9d388e38",
    "zh:2ffbedb2e3afcd82da8bfc540bd74e9611527bdafd00d6d1885f62e7d13bac74",
    "zh:30fb4ab8b4af19da7b9ce95cb41fa9399f81383e1adc91801b770e7eeab651c3",
    "zh:377cbaffe3ec8aa5bb594071df0e91f17ac9292a325ed73cebd69fe78c51f7ec",
    "zh:3b65f5c98e03f1bfc5b71fa69521e785552ff9656860b25e211287910874037d",
    "zh:4478fab7b111c40a9a2a9db6ec5331618cc8e5a8b591f651095c77b87e9f22b1",
    "zh:4fdaa559c57aed5d24fa3d5cb59fed59e1e689c21d038fd336a3ba93b258803f",
    "zh:7a751ecd0f2654746dd4041d0f6d894c3a1876a152ba4bb7805ec2c715259065",
    "zh:866725b83f8d5587dab0559ac208ee6c181746871faa99ce551b535e19c7bb6a",
    "zh:9b12af85486a96aedd8d7984b0ff811a4b42e3d88dad1a3fb4c0b580d04fa425",
    "zh:b16e3e2a8ccba4ceeeee961c708ef572c4a65e0001eaf09d08fa14cef01ab179",
    "zh:dc897b2037bbb7f8d6456a4aa1ed82cbd4daddb173a184efdfe8c03a57557771",
    "zh:de2344f23c980093a46dda3185f9052cda950d1b8ca9cf3c6e16b8c45fa23779",
    "zh:ef538ec8a917715a1804c6735d44b756c32972d4fab71e15df87a59eb75dd57c",
    "zh:f25cdfdac6798e7de4a1d3dd577a97c1ca200a12317a1fd5a4b9ea54cb05e868",
  ]
}

provider "registry.terraform.io/okta/okta" {
  version     = "4.20.0"
  constraints = "4.20.0"
  hashes = [
    "h1:6EMH3UKnEtrKgKvzdxAkgBlKB8wwjCaX0blYzga0e2k=",
    "h1:BK32iStDZDf7GIIB8u0DplmYtHqpS6B2CuXIxrkCmWk=",
    "h1:Clrh1MoR2umOW3K7RwcaKl3SLa/TaCOO+OkQ79UflCY=",
    "h1:GVx7feYpDJyD0M5Zgmf1FX1xota2kv5nkbqsoVB4JU8=",
    "h1:RILI/EnaG5GPVQBEDtAfNwXz67RTvyJ55L3zWqXFbZA=",
    "h1:SKFQq74AQ0tC3twkos22z7ucuBe3jgqP4imN+jKcmyg=",
    "h1:TCd3jn0eVv+IA/BKOnK3BIeMlrCUkLkhqJRRyKgW7po=",
    "h1:Zw6irtjQf052rbi1cPgipu7hT4/jCWecspxtbr13mDU=",
    "h1:b+g2+u4rMBXWt3Mv+L6MJTQRHR5f230AejfDoe1zjsc=",
    "h1:cslMUAkQCKAKRCU1VPNHcqXsgWjEdzm2nvDjEa6jvBU=",
    "h1:kcJqQGQV/dj7JiOoS71GX2/Y5ms/Sj2bJEW9K/kBKWY=",
    "h1:lwbb7Tb3mTEhN8eTrDq/X+yb6uG1/O7KPs2b0Z1aFpY=",
    "h1:stuDIVzxGyyDlJHAkvTCZcSJy++Z6laNIUcgi9nszaA=",
    "h1:xp4NJBANn9XzcDO2TtCi0+WHjsaECC5pTbCTqIAPf30=",
    "zh:0b51e0d7b2cb3090308e654b33f7ad39aa0dbed4ad6e6d9c4fbf542eea373f08",
    "zh:1507611d64869d7fe62a5e2fd163370b113bcc3c54ee8eb9da03e11a0e794f11",
    "zh:1a174d218c07ca00d6a9b46d9131c3cadc2893af8f384e9c6a61011014423fde",
    "zh:2514cd8cdb00c99faa667f47135a3d42e3e541ea712da000b645d71183edcd4c",
    "zh:2dfe9b7da85590d46e747bb8e30e09765e21629e31b434583ebf8902b2548a84",
    "zh:518f867b5c334c2dfa1e924ffdd86ad63529e54bc3e7094ec7190b6dc7dc2f79",
    "zh:586cf9cd790229294e01fd3b8090141a3dfd63a0207cff22b44d00e943adcbf3",
    "zh:7088f8102651566b030b6702280a8c497ae1ce2e1277daef80db71b97afa3075",
    "zh:79d3479480ee38f074eff9ab087bf20b9b82d8b5be7689fabe399f4bfa35a78e",
    "zh:c97d2052c008a93c4ee8b3e3c4c4a1e3e6edc4a2976fb9471fd6ced595a1694a",
    "zh:cc581cce4b1426b99ca37e5b8dbe2d17d7c0785d132047884243a0f6107c0869",
    "zh:d1ba53abbba6f12b79919e9e9b4f5a3f6ad45595b8686383ccaab26f44d3433f",
    "zh:f1a6753a11a748490097c401e4cdf433e9d386447df2c1f2a4c6f39fb06fb71c",
    "zh:f60963a191b54d700ea86fe60c4d4b9f843635ec3ae76f337867dd98635a6d9d",
  ]
}
