import { useQuery } from "@tanstack/react-query";
import { listCarriers } from "../api";
import { data } from "../http";
import { all } from "../queries";

const NAMES: Record<string, string> = {
  simulator: "Simulator",
  telnyx: "Telnyx",
  bandwidth: "Bandwidth",
  twilio: "Twilio",
};

/** Return a carrier's name as it writes it itself. */
export const carrierName = (name: string): string => NAMES[name] ?? name;

/** Read the carriers of the server, and how they did lately, if a person may see that. */
export function useCarriers(mayRead: boolean) {
  return useQuery({
    queryKey: ["carriers"],
    queryFn: () => all((query) => data(listCarriers({ query, throwOnError: true }))),
    enabled: mayRead,
    staleTime: 10_000,
  });
}
