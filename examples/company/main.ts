import { start } from "@archipel/server"
import { seedDemo } from "./demo/seed-demo.ts"
import { services } from "./services.ts"

const { url } = await start(services, { demo: seedDemo })
console.log(`
Ask as alice (administrator), martin (manager), clara (clerk) or oscar (outsider), or open ${url} in a browser:
  curl -g -H "Authorization: Bearer dev:clara" \\
    "${url}/api/sales/orders?select=number,status,total,customer.name,lines.quantity,lines.product.name&limit=3"
`)
